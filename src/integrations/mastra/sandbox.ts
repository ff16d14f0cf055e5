import { randomUUID } from "node:crypto";
import { posix } from "node:path";
import {
  MastraSandbox,
  type MastraSandboxOptions,
  type ProviderStatus,
  SandboxAbortError,
  type SandboxComputer,
  type SandboxFileInput,
  type SandboxInfo,
  type SandboxNetworking,
  type SandboxStartOptions,
  validateSandboxFileMode,
  type WriteFilesOptions,
} from "@mastra/core/workspace";
import { type Computer, type CreateComputerInput, type Vitrine, VitrineError } from "../../client/index.ts";
import { GUEST_USER } from "../../contract/guest/protocol.ts";
import { VitrineProcesses } from "./processes.ts";
import { screenOf } from "./screen.ts";

/** What a sandbox is besides what all of Mastra's are. */
export interface VitrineSandboxOptions extends Omit<MastraSandboxOptions, "processes"> {
  vitrine: Pick<Vitrine, "computers">;
  /** The name of its computer: the one of that name is taken, and started where it is stopped; otherwise it is made. Default: a new name. */
  id?: string;
  /** What a computer that is made is like. */
  computer?: Omit<CreateComputerInput, "name">;
  /** The guest's user that commands run as; files are always ohm's. Default: ohm. */
  user?: string;
}

/** The templates but scratch have a screen, unless their browser has none. */
const hasScreen = ({ template, browser }: CreateComputerInput): boolean => template !== "scratch" && browser?.mode !== "headless";

/** A computer as the sandbox of a Mastra Workspace, with its screen: made or found when it is first used, suspended by stop(), deleted by destroy(). */
export class VitrineSandbox extends MastraSandbox<Computer> {
  readonly id: string;
  readonly name = "Vitrine";
  readonly provider = "vitrine";
  status: ProviderStatus = "pending";
  override readonly computer: SandboxComputer | undefined = undefined;
  override readonly networking: SandboxNetworking = { getPortUrl: (port) => this.#portUrl(port) };
  readonly user: string;
  readonly #vitrine: Pick<Vitrine, "computers">;
  readonly #input: Omit<CreateComputerInput, "name">;
  #found: Computer | null = null;

  constructor({ vitrine, id, computer = {}, user = GUEST_USER.name, ...options }: VitrineSandboxOptions) {
    super({ ...options, name: "Vitrine", processes: new VitrineProcesses() });
    this.id = id ?? `mastra-${randomUUID()}`;
    this.user = user;
    this.#vitrine = vitrine;
    this.#input = computer;
    if (hasScreen(computer)) this.computer = screenOf((work) => this.use(work));
  }

  /** The computer itself, started. */
  async running(): Promise<Computer> {
    await this.ensureRunning();
    return this.#found!;
  }

  /** Does it with the computer. One that was stopped or deleted meanwhile, as by its idle timeout, is started or made again, and it is done once more. */
  async use<T>(work: (computer: Computer) => Promise<T>): Promise<T> {
    const computer = await this.running();
    try {
      return await work(computer);
    } catch (error) {
      const gone = error instanceof VitrineError && (error.code === "wrong_state" || error.code === "computer_not_found");
      // Another call may have found it before, and be starting it.
      if (!gone || (this.status !== "running" && this.status !== "starting")) throw error;
      if (this.status === "running") this.status = "stopped";
      return work(await this.running());
    }
  }

  protected override async find({ abortSignal: signal }: SandboxStartOptions = {}): Promise<Computer | undefined> {
    try {
      return await this.#vitrine.computers.get(this.id, { signal });
    } catch (error) {
      if (error instanceof VitrineError && error.code === "computer_not_found") return undefined;
      throw error;
    }
  }

  protected override async connect(computer: Computer, { abortSignal: signal }: SandboxStartOptions = {}): Promise<void> {
    this.#found = computer;
    if (computer.status !== "running") await computer.start({ signal });
  }

  protected override async create({ abortSignal: signal }: SandboxStartOptions = {}): Promise<void> {
    this.#found = await this.#vitrine.computers.create({ ...this.#input, name: this.id }, { signal });
  }

  override async stop(): Promise<void> {
    await this.#found?.stop();
  }

  override async destroy(): Promise<void> {
    await this.#found?.delete();
  }

  /** Files are put one after another; paths are relative to the working directory. Errors: ABORTED, and those of files. */
  override async writeFiles(files: SandboxFileInput[], { abortSignal: signal }: WriteFilesOptions = {}): Promise<void> {
    for (const { mode } of files) if (mode !== undefined) validateSandboxFileMode(mode);
    try {
      signal?.throwIfAborted();
      for (const file of files) await this.use((computer) => this.#writeFile(computer, file, signal));
    } catch (error) {
      throw signal?.aborted ? new SandboxAbortError("writeFiles", signal.reason) : error;
    }
  }

  async #writeFile(computer: Computer, { path, content, mode }: SandboxFileInput, signal: AbortSignal | undefined): Promise<void> {
    const at = posix.resolve(this.workingDirectory ?? GUEST_USER.home, path);
    await computer.files.write(at, content, { signal });
    if (mode === undefined) return;
    const { exit_code, stderr } = await computer.exec(["chmod", mode.toString(8), "--", at], { user: this.user, signal });
    if (exit_code !== 0) throw new Error(`The mode of ${at} cannot be set: ${stderr.trim()}`);
  }

  async #portUrl(port: number): Promise<string | null> {
    if (!this.#found || this.status !== "running") return null;
    const { link_url, url } = await this.#found.ports.publish(port);
    return link_url ?? url;
  }

  override getInstructions(): string {
    const at = this.workingDirectory ?? GUEST_USER.home;
    return `Vitrine: a Linux computer in a virtual machine of its own. Commands run with bash as the user ${this.user}; relative paths begin at ${at}.`;
  }

  override getInfo(): SandboxInfo {
    const { id, name, provider, status } = this;
    if (!this.#found) return { id, name, provider, status, createdAt: new Date() };
    const { created_at, expires_at, ram_mb, vcpus, disk_size_mb } = this.#found;
    return {
      id,
      name,
      provider,
      status,
      createdAt: new Date(created_at),
      ...(expires_at !== null && { timeoutAt: new Date(expires_at) }),
      resources: { memoryMB: ram_mb, cpuCores: vcpus, diskMB: disk_size_mb },
    };
  }
}
