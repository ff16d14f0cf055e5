import type { Server } from "node:http";

/** Serves a page with a form on a free port of the loopback until `close` is called. `sent` are the fields of the first form that is sent. */
export const serveForm: () => Promise<{ server: Server; port: number; sent: Promise<Record<string, string>>; close: () => Promise<void> }>;
