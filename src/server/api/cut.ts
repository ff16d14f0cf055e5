import type { Response } from "express";
import type { Caller } from "../auth/caller.ts";

/** Cuts an answer that is under way off when the key that asked for it is revoked or expires. */
export const cutAtEnd = (response: Response, { ended }: Caller): void => {
  if (!ended) return;
  const cut = () => void response.destroy();
  ended.addEventListener("abort", cut, { once: true });
  response.once("close", () => ended.removeEventListener("abort", cut));
};
