import type { Editor, ToolOutputImage } from "@openai/agents";
import {
  type ExecCommandArgs,
  type ExposedPortEndpoint,
  type ListDirectoryArgs,
  type Manifest,
  type MaterializeEntryArgs,
  normalizeExposedPort,
  type ReadFileArgs,
  recordExposedPortEndpoint,
  type SandboxArchiveLimits,
  type SandboxDirectoryEntry,
  type SandboxExecResult,
  SandboxExposedPortUnavailableError,
  type SandboxSession,
  SandboxWorkspaceStartError,
  type ViewImageArgs,
  type WorkspaceArchiveData,
  type WorkspaceArchiveOptions,
  type WriteStdinArgs,
} from "@openai/agents/sandbox";
import { formatExecResponse, mergeManifestDelta, mergeManifestEntryDelta } from "@openai/agents-core/sandbox/internal";
import type { Computer } from "../../client/index.ts";
import { Commands } from "./commands.ts";
import { editorOf } from "./editor.ts";
import { called } from "./errors.ts";
import { refuseRunAs, SessionFiles } from "./files.ts";
import { materialize, materializeAll } from "./materialize.ts";
import { Paths } from "./paths.ts";
import type { VitrineSandboxState } from "./state.ts";
import { packFolder, unpackFolder } from "./workspace.ts";

/** An agent's workspace in one computer. Failures are the SDK's SandboxErrors. */
export class VitrineSandboxSession implements SandboxSession<VitrineSandboxState> {
  readonly state: VitrineSandboxState;
  /** The computer itself, with its screen, browser and live view. */
  readonly computer: Computer;
  readonly #paths: Paths;
  readonly #files: SessionFiles;
  readonly #commands: Commands;
  #archiveLimits: SandboxArchiveLimits | null | undefined;

  constructor(computer: Computer, state: VitrineSandboxState, archiveLimits?: SandboxArchiveLimits | null) {
    this.computer = computer;
    this.state = state;
    this.#archiveLimits = archiveLimits;
    this.#paths = new Paths(computer, state);
    this.#files = new SessionFiles(computer, this.#paths);
    this.#commands = new Commands(computer, state, this.#paths);
  }

  async running(): Promise<boolean> {
    return (await called(this.computer.refresh())).status === "running";
  }

  /** Starts a stopped computer, and makes the workspace's folder where it is missing. */
  async start(): Promise<void> {
    if (!(await this.running())) await called(this.computer.start());
    const { root } = this.state.manifest;
    const { exit_code, stderr } = await called(
      this.computer.exec(["/bin/sh", "-c", '[ -d "$1" ] || install -d -o "$2" -- "$1"', "root", root, this.state.user], { user: "root" }),
    );
    if (exit_code !== 0) throw new SandboxWorkspaceStartError(`The folder ${root} cannot be made: ${stderr.trim()}`, { root });
  }

  supportsPty(): boolean {
    return true;
  }

  exec(args: ExecCommandArgs): Promise<SandboxExecResult> {
    return this.#commands.run(args);
  }

  async execCommand(args: ExecCommandArgs): Promise<string> {
    return formatExecResponse(await this.#commands.run(args));
  }

  async writeStdin(args: WriteStdinArgs): Promise<string> {
    return formatExecResponse(await this.#commands.write(args));
  }

  createEditor(runAs?: string): Editor {
    refuseRunAs(runAs);
    return editorOf(this.#files);
  }

  async viewImage({ path, runAs }: ViewImageArgs): Promise<ToolOutputImage> {
    refuseRunAs(runAs);
    return this.#files.image(path);
  }

  async readFile({ path, runAs, maxBytes }: ReadFileArgs): Promise<Uint8Array> {
    refuseRunAs(runAs);
    return this.#files.read(path, maxBytes);
  }

  async listDir({ path, runAs }: ListDirectoryArgs): Promise<SandboxDirectoryEntry[]> {
    refuseRunAs(runAs);
    return this.#files.list(path);
  }

  async pathExists(path: string, runAs?: string): Promise<boolean> {
    refuseRunAs(runAs);
    return (await this.#files.stat(path)) !== null;
  }

  async directoryExists(path: string, runAs?: string): Promise<boolean> {
    refuseRunAs(runAs);
    return (await this.#files.stat(path))?.type === "directory";
  }

  get #place() {
    return { computer: this.computer, files: this.#files, paths: this.#paths, user: this.state.user };
  }

  async materializeEntry({ path, entry, runAs }: MaterializeEntryArgs): Promise<void> {
    refuseRunAs(runAs);
    await materialize(this.#place, path, entry);
    this.state.manifest = mergeManifestEntryDelta(this.state.manifest, this.#paths.shown(path), entry);
  }

  async applyManifest(manifest: Manifest, runAs?: string): Promise<void> {
    refuseRunAs(runAs);
    const environment = await manifest.resolveEnvironment();
    await materializeAll(this.#place, manifest);
    this.state.environment = { ...this.state.environment, ...environment };
    this.state.manifest = mergeManifestDelta(this.state.manifest, manifest);
  }

  /** The workspace as tar, without what the manifest calls ephemeral. */
  persistWorkspace(): Promise<Uint8Array> {
    const { manifest } = this.state;
    return packFolder(this.computer, manifest.root, this.state.user, manifest.ephemeralPersistencePaths());
  }

  hydrateWorkspace(data: WorkspaceArchiveData, { archiveLimits = this.#archiveLimits }: WorkspaceArchiveOptions = {}): Promise<void> {
    return unpackFolder(this.computer, this.state.manifest.root, data, archiveLimits);
  }

  setArchiveLimits(limits?: SandboxArchiveLimits | null): void {
    this.#archiveLimits = limits;
  }

  /** Where the port is reached from outside; the query has the token that opens it. Errors: exposed_port_unavailable. */
  async resolveExposedPort(port: number): Promise<ExposedPortEndpoint> {
    const wanted = normalizeExposedPort(port);
    const { exposed_ports } = this.state;
    if (exposed_ports.length > 0 && !exposed_ports.includes(wanted))
      throw new SandboxExposedPortUnavailableError(`Port ${wanted} is not among exposed_ports: ${exposed_ports.join(", ")}.`, {
        port: wanted,
      });
    const published = await called(this.computer.ports.publish(wanted));
    const url = new URL(published.link_url ?? published.url);
    const tls = url.protocol === "https:";
    return recordExposedPortEndpoint(
      this.state,
      { host: url.hostname, port: Number(url.port) || (tls ? 443 : 80), tls, query: url.search.slice(1), url: url.href },
      wanted,
    );
  }

  /** Ends the session's commands, and deletes the computer where that was asked for. Repeating it is a success. */
  async close(): Promise<void> {
    await this.#commands.end();
    if (this.state.delete_on_close) await called(this.computer.delete());
  }
}
