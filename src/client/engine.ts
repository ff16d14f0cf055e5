import { type CallOptions, deadline } from "./deadline.ts";
import { ownError } from "./errors.ts";
import { loadPeer } from "./peers.ts";

/** How Vitrine.local() runs the service. */
export interface LocalOptions extends CallOptions {
  /** Folder of its records and computers. Default: VITRINE_DATA_DIR, else that of the service on this machine. */
  dataDir?: string;
}

/** A service in this process. */
export interface Engine {
  url: string;
  apiKey: string;
  /** Suspends the computers and ends the service. */
  close(): Promise<void>;
}

type StartLocal = (options: Omit<LocalOptions, "timeoutMs">) => Promise<Engine>;

const SERVER = "vitrine-server";
/** A new host is set up, and the image built, which is minutes. */
const START_TIMEOUT_MS = 30 * 60_000;

/** Starts a service in this process. Errors: MissingPackageError, data_dir_in_use, setup_incomplete, timeout. */
export const startEngine = async ({ timeoutMs = START_TIMEOUT_MS, signal, ...options }: LocalOptions): Promise<Engine> => {
  // Not a literal: bundlers are to leave it alone, and it is looked up when it is wanted.
  const entry = `${SERVER}/local`;
  const { startLocal } = await loadPeer<{ startLocal: StartLocal }>(SERVER, () => import(/* @vite-ignore */ entry));
  const until = deadline("The start of the service", { timeoutMs, signal });
  try {
    return await startLocal({ ...options, signal: until.signal });
  } catch (error) {
    // The server's package has a VitrineError of its own.
    throw until.signal.aborted ? until.signal.reason : ownError(error);
  } finally {
    until.release();
  }
};
