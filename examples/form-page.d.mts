/** Serves a page with a form on a free port of the loopback until `close` is called. */
export const serveForm: () => Promise<{ port: number; close: () => Promise<void> }>;
