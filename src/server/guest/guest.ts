import type { Duplex, Readable } from "node:stream";
import type { VitrineError } from "../../contract/errors.ts";
import type { ExecResult } from "../../contract/exec.ts";
import type { Frame } from "../../contract/guest/frames.ts";
import type {
  ExecSpec,
  FileRecord,
  GuestSettings,
  GuestState,
  ProcessRecord,
  ProcessSpec,
  RefusedPacket,
  Renewal,
} from "../../contract/guest/protocol.ts";

/** Where a program of the guest wants to be connected to, as the guest says: the address may be anything. */
export interface Target {
  address: string;
  port: number;
}

/** Who takes what leaves a guest. */
export interface Outside {
  /** The stream is its own from then on, to end on every path. */
  accept(target: Target, stream: Duplex): void;
  /** A packet that the guest's kernel refused. */
  refused(packet: RefusedPacket): void;
}

/**
 * The host end of one computer's guest link. It connects when first used and again after a loss; a call under way when the link breaks fails with
 * guest_link_lost, or with guest_unresponsive when the agent has ceased to answer, and is not repeated. Every wait ends with `signal`; for readFile, readArchive, readProfile and connect that is the wait for the stream, which from then
 * on ends when it is destroyed. A body that is given in stays its giver's to destroy. Errors are VitrineErrors (guest_unreachable, timeout, file_not_found, ...).
 */
export interface Guest {
  /** The newest state of display and browser, or null before the first is known. */
  readonly state: GuestState | null;
  /** Calls back at each change of state. */
  onState(listener: (state: GuestState) => void): () => void;
  /** Resolves with the first state, known now or later, for which `test` is true; keeps the link connected meanwhile. Rejects when `signal` aborts. */
  waitFor(test: (state: GuestState) => boolean, signal: AbortSignal): Promise<GuestState>;
  configure(settings: GuestSettings, signal: AbortSignal): Promise<void>;
  /** Gets the guest ready to be copied. With `alone` the agent ends the link, and this resolves when nothing of the host's is left in the guest. */
  standby(alone: boolean, signal: AbortSignal): Promise<void>;
  /** Makes a restored guest another computer, whose secret is spoken from then on. */
  renew(renewal: () => Renewal, signal: AbortSignal): Promise<void>;
  /** Takes what is free of the workspace, so that nothing more is written there, or gives it back. */
  holdWorkspace(hold: boolean, signal: AbortSignal): Promise<void>;
  /** The profile of Chromium as tar.gz. With `close` Chromium is ended first, and stays so. */
  readProfile(close: boolean, signal: AbortSignal): Promise<Readable>;
  /** Starts Chromium anew with such a profile. Resolves before it is there. Errors: archive_invalid. */
  writeProfile(body: Readable, signal: AbortSignal): Promise<void>;
  powerOff(signal: AbortSignal): Promise<void>;
  /** Says that the machine is paused, or no more: until then its silence is no loss of the link. */
  hold(held: boolean): void;
  /** False while the agent does not answer, for a minute and longer. */
  readonly alive: boolean;
  /** Calls back when the agent ceases (false) and when it begins again (true) to answer. */
  onPulse(listener: (alive: boolean) => void): () => void;
  /** Calls back with the milliseconds that each ping took to be answered. */
  onPing(listener: (ms: number) => void): () => void;

  /** Runs to the end; stdout and stderr are capped by `output_limit`. Aborting kills the process group. */
  exec(spec: ExecSpec, signal: AbortSignal): Promise<ExecResult>;
  /** The frames of a run as they come; leaving the loop kills the process group. */
  execStream(spec: ExecSpec, signal: AbortSignal): AsyncIterable<Frame>;

  startProcess(spec: ProcessSpec, signal: AbortSignal): Promise<ProcessRecord>;
  listProcesses(signal: AbortSignal): Promise<ProcessRecord[]>;
  getProcess(pid: number, signal: AbortSignal): Promise<ProcessRecord>;
  writeStdin(pid: number, data: Readable, end: boolean, signal: AbortSignal): Promise<void>;
  signalProcess(pid: number, name: string, signal: AbortSignal): Promise<void>;
  processOutput(pid: number, signal: AbortSignal): AsyncIterable<Frame>;

  /** `end` is inclusive. `size` is the whole file's. */
  readFile(path: string, range: { start: number; end?: number } | null, signal: AbortSignal): Promise<{ size: number; body: Readable }>;
  writeFile(path: string, body: Readable, signal: AbortSignal): Promise<void>;
  deleteFile(path: string, signal: AbortSignal): Promise<void>;
  stat(path: string, signal: AbortSignal): Promise<FileRecord>;
  list(path: string, signal: AbortSignal): Promise<FileRecord[]>;
  mkdir(path: string, signal: AbortSignal): Promise<void>;
  move(from: string, to: string, overwrite: boolean, signal: AbortSignal): Promise<void>;
  readArchive(path: string, signal: AbortSignal): Promise<Readable>;
  writeArchive(path: string, body: Readable, signal: AbortSignal): Promise<void>;

  /** A byte stream to a TCP port on the guest's loopback. */
  connect(port: number, signal: AbortSignal): Promise<Duplex>;
  /** Hands every connection that programs in the guest make to somewhere outside to `outside`, until the guest is closed. */
  serveConnections(outside: Outside): void;
  /** Ends the link for good. Calls under way, and later ones, fail with `reason`; where there is none, with guest_link_lost and guest_unreachable. */
  close(reason?: VitrineError): void;
}
