import { z } from "zod";
import { ERRORS, type ErrorCode } from "../../../contract/errors.ts";
import { parse } from "../../parse.ts";
import { toErrorModel } from "./errors.ts";
import type { DoorCall, Verb } from "./verb.ts";

/** What is done with mouse, keyboard and clipboard, by the end of its path; the actions' `kernel` dialect knows them. */
const ACTIONS = [
  "batch",
  "click_mouse",
  "move_mouse",
  "drag_mouse",
  "scroll",
  "press_key",
  "type",
  "get_mouse_position",
  "clipboard/read",
  "clipboard/write",
  "cursor",
] as const;

/** The dialect answers a failure under way in the vendor's words, which over HTTP are an error. */
const Failure = z.object({
  code: z.custom<ErrorCode>((code) => typeof code === "string" && Object.hasOwn(ERRORS, code)),
  message: z.string(),
});

const act =
  (method: string): Verb["does"] =>
  async ({ run, params, body, response }: DoorCall) => {
    const answer = await run("actions", { params, body: { dialect: "kernel", method, params: body } });
    const failure = Failure.safeParse(answer);
    if (!failure.success) return answer;
    response.setHeader("X-Should-Retry", "false");
    response.status(ERRORS[failure.data.code][0]).json(toErrorModel(failure.data));
  };

const Screenshot = z.strictObject({
  region: z.strictObject({ x: z.int(), y: z.int(), width: z.int(), height: z.int() }).nullish(),
});

/** Mouse, keyboard, clipboard and screen. */
export const computerVerbs: readonly Verb[] = [
  {
    method: "post",
    path: "/:id/computer/screenshot",
    does: async ({ run, params, body }) => {
      const { region } = parse(Screenshot, body, "body");
      const query = region ? { region: [region.x, region.y, region.width, region.height].join(",") } : {};
      await run("screenshot", { params, query });
    },
  },
  ...ACTIONS.map((method): Verb => ({ method: "post", path: `/:id/computer/${method}`, does: act(method) })),
];
