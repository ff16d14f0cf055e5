import type { Router } from "express";
import type { Operate } from "./operate.ts";

/** The API in the shape of another vendor's (src/server/doors), beside /v1. */
export interface OtherDoor {
  /** Binds what it serves in plain HTTP; `operate` does the calls of the API. */
  routes(router: Router, operate: Operate): void;
}
