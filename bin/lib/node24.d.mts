/** The npm package that holds the Node of the guest, and of hosts whose own is older. */
export const NODE_PACKAGE: string;
/** Path of its binary in the cache directory, fetched when it is missing. Rejects with one sentence. */
export const nodeFromNpm: (cache: string) => Promise<string>;
