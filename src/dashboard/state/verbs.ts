import type { Computer } from "../../contract/computer.ts";
import { call } from "./api.ts";
import { learn } from "./fleet.ts";

/** What can be done to a computer as a whole; each throws CallError. What came of it is also told by events. */

export const start = async ({ id }: Computer): Promise<void> => learn(await call("post", "/v1/computers/{id}/start", { params: { id } }));

/** Keeps its memory and files. */
export const stop = async ({ id }: Computer): Promise<void> =>
  learn(await call("post", "/v1/computers/{id}/stop", { params: { id }, body: { mode: "suspend" } }));

export const fork = async ({ id }: Computer): Promise<void> => {
  const { data } = await call("post", "/v1/computers/{id}/fork", { params: { id }, body: { count: 1 } });
  data.forEach(learn);
};

export const remove = async ({ id }: Computer): Promise<void> => learn(await call("delete", "/v1/computers/{id}", { params: { id } }));
