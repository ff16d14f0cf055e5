import { expect, test } from "vitest";
import { VitrineError } from "../../../src/contract/errors.ts";
import { FRAME, type Frame } from "../../../src/contract/guest/frames.ts";
import { execEnd, programOf, watchEnd } from "../../../src/server/api/exec-events.ts";

test("a command is told by the name of its program, and by nothing that may be a secret", () => {
  const cases: [object, string][] = [
    [{ argv: ["/usr/bin/curl", "-H", "Authorization: x"] }, "curl"],
    [{ argv: ["my secret"] }, "bash"],
    [{ argv: [""] }, "bash"],
    [{ argv: ["/"] }, "bash"],
    [{ command: "  git clone https://user:pass@host" }, "git"],
    [{ command: "TOKEN=hunter2 curl x" }, "bash"],
    [{ command: "A='x hunter2 y' curl" }, "bash"],
    [{ command: "$(cat key)" }, "bash"],
    [{ command: "'hunter2'" }, "bash"],
    [{ command: "" }, "bash"],
    [{ command: "a".repeat(201) }, "bash"],
  ];
  for (const [spec, program] of cases) expect(programOf(spec), JSON.stringify(spec)).toBe(program);
});

const exit = { exit_code: 3, signal: null, timed_out: false, truncated: false, duration_ms: 7 };
const output: Frame = { type: FRAME.stdout, payload: Buffer.from("hunter2") };

/** Reads a command's frames as a client does, and answers what was written down. */
const run = async (frames: () => AsyncGenerator<Frame>, leaveAfter = Number.POSITIVE_INFINITY) => {
  const told: unknown[] = [];
  const end = execEnd(({ data }) => told.push(data), "cmp_a", "key_a", { argv: ["sh"], user: "ohm" });
  let read = 0;
  try {
    for await (const _ of watchEnd(frames(), end)) if (++read === leaveAfter) break;
  } catch {}
  return told;
};

test("the end of a streamed command is written down once, whatever it is", async () => {
  const common = { program: "sh", user: "ohm" };
  const whole = async function* () {
    yield output;
    yield { type: FRAME.exit, payload: Buffer.from(JSON.stringify(exit)) } as Frame;
  };
  const { truncated: _, ...ended } = exit;
  expect(await run(whole)).toEqual([{ ...common, ...ended }]);
  expect(await run(whole, 2)).toEqual([{ ...common, ...ended }]);
  expect(await run(whole, 1)).toEqual([{ ...common, error: "abandoned" }]);
  const lost = async function* () {
    yield output;
    throw new VitrineError("guest_link_lost");
  };
  expect(await run(lost)).toEqual([{ ...common, error: "guest_link_lost" }]);
});
