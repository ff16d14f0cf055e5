import { setTimeout as sleep } from "node:timers/promises";
import { VitrineError } from "../../contract/errors.ts";
import type { Engine } from "./engine.ts";

/** What a call says whose connection broke. */
const SYMPTOMS: readonly string[] = ["guest_link_lost", "display_unavailable"];
/** Connections break before the process is seen to end. Milliseconds. */
const EXIT_MS = 250;

/** Why a call on a computer failed: when its machine has ended, or its guest does not answer, that, instead of what it noticed of it. */
export const explain = async (engine: Engine, id: string, error: unknown): Promise<unknown> => {
  const live = engine.live.get(id);
  if (!live || !(error instanceof VitrineError) || !SYMPTOMS.includes(error.code)) return error;
  if (!live.guest.alive) return new VitrineError("guest_unresponsive", {}, { cause: error });
  const waited = new AbortController();
  const exit = await Promise.race([live.machine.exited, sleep(EXIT_MS, null, { signal: waited.signal }).catch(() => null)]);
  waited.abort();
  return exit && exit.cause !== "killed" ? new VitrineError("machine_exited", { reason: exit.reason }, { cause: error }) : error;
};
