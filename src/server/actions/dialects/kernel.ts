import { z } from "zod";
import type { ActionInput, ActionResult } from "../../../contract/actions.ts";
import { parse } from "../../parse.ts";
import type { DialectAdapter, DialectOutcome } from "../dialect.ts";
import { KERNEL_ALIASES, KERNEL_CALLS } from "./kernel-actions.ts";
import { sentence } from "./outcome.ts";
import { checked, isRecord, refused, rowFor } from "./reading.ts";
import { scaled } from "./scale.ts";
import type { Space } from "./space.ts";

const Params = z.record(z.string(), z.unknown());
const Batch = z.object({ actions: z.array(z.looseObject({ type: z.string() })).min(1) });

/** clickMouse, click_mouse, and the end of POST /browsers/{id}/computer/click_mouse are one. */
const nameOf = (given: string): string => {
  const path = given.replace(/^.*\/computer\//, "");
  const name = path.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return (Object.hasOwn(KERNEL_ALIASES, name) && KERNEL_ALIASES[name]) || name;
};

interface Step {
  name: string;
  from: number;
  to: number;
}

const calls = (body: unknown): { name: string; params: unknown; what: string }[] => {
  const form = "the body has method (or action) and params, or is a batch with actions";
  if (!isRecord(body)) throw refused(form);
  const given = body.method ?? body.action;
  if (given !== undefined && typeof given !== "string") throw refused(form);
  if (given !== undefined && nameOf(given) !== "batch")
    return [{ name: nameOf(given), params: parse(Params, body.params ?? {}, "params"), what: "params" }];
  if (given === undefined && body.actions === undefined) throw refused(form);
  const { actions } = given === undefined ? parse(Batch, body, "body") : parse(Batch, body.params, "params");
  return actions.map((action, i) => ({
    name: nameOf(action.type),
    params: parse(Params, action[action.type] ?? {}, `actions.${i}.${action.type}`),
    what: `actions.${i}.${action.type}`,
  }));
};

const GIVES: Record<string, (result: ActionResult) => unknown> = {
  screenshot: ({ screenshot }) => ({ data: screenshot?.data, media_type: screenshot?.media_type }),
  get_mouse_position: ({ x, y }) => ({ x, y }),
  read_clipboard: ({ text }) => ({ text: text ?? "" }),
};

const answer = (steps: Step[], { results, screenshot }: DialectOutcome): unknown => {
  const failed = results.findIndex((result) => !result.ok);
  if (failed >= 0) {
    const at = steps.findIndex(({ to }) => failed < to);
    const code = results[failed]?.error?.code ?? "internal_error";
    return { code, message: `${steps[at]?.name ?? "the call"} (action ${at}): ${sentence(results[failed])}` };
  }
  const [only, more] = steps;
  const gives = only && !more && Object.hasOwn(GIVES, only.name) ? GIVES[only.name] : undefined;
  const last = results.at(-1);
  return {
    ...(gives && last ? (gives(last) as object) : { ok: true }),
    ...(screenshot && { screenshot: { data: screenshot.data, media_type: screenshot.media_type } }),
  };
};

/** Kernel's computer calls: `{method, params}` or a batch. An answer where Kernel has none is `{ok: true}`, a failure `{code, message}`. */
export const kernel: DialectAdapter = {
  read: (body, screen) => {
    const space: Space = scaled(screen);
    const steps: Step[] = [];
    const actions = calls(body).flatMap(({ name, params, what }): ActionInput[] => {
      const made = rowFor(KERNEL_CALLS, name, "the method")(params, what, space);
      const from = steps.at(-1)?.to ?? 0;
      steps.push({ name, from, to: from + made.length });
      return made;
    });
    const after = isRecord(body) && body.screenshot === "after";
    return { actions: checked(actions), screenshot: after ? "after" : "none", write: (outcome) => answer(steps, outcome) };
  },
};
