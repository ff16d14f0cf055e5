import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Router } from "express";
import type { Operate } from "./operate.ts";

/** The API in the shape of another vendor's (src/server/doors), beside /v1. */
export interface OtherDoor {
  /** Binds what it serves in plain HTTP; `operate` does the calls of the API. */
  routes(router: Router, operate: Operate): void;
  /** The WebSockets that it serves, where there are any. */
  sockets?: {
    /** Whether an upgrade request to this path is its own. */
    takes(path: string): boolean;
    /** Serves one that is; answers what it refuses itself. */
    open(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void>;
  };
}
