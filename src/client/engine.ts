import { loadPeer } from "./peers.ts";

/** How Vitrine.local() runs the service. */
export interface LocalOptions {
  /** Folder of its records and computers. Default: VITRINE_DATA_DIR, else that of the service on this machine. */
  dataDir?: string;
  /** Ends the start, of which the setting up of a new host is minutes. */
  signal?: AbortSignal;
}

/** A service in this process. */
export interface Engine {
  url: string;
  apiKey: string;
  /** Suspends the computers and ends the service. */
  close(): Promise<void>;
}

const SERVER = "vitrine-server";

/** Starts a service in this process. Errors: MissingPackageError, data_dir_in_use, setup_incomplete. */
export const startEngine = async (options: LocalOptions): Promise<Engine> => {
  // Not a literal: bundlers are to leave it alone, and it is looked up when it is wanted.
  const entry = `${SERVER}/local`;
  const { startLocal } = await loadPeer<{ startLocal(options: LocalOptions): Promise<Engine> }>(
    SERVER,
    () => import(/* @vite-ignore */ entry),
  );
  return startLocal(options);
};
