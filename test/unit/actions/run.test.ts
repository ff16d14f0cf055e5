import { describe, expect, test, vi } from "vitest";
import type { ActionInput } from "../../../src/contract/actions.ts";
import { VitrineError } from "../../../src/contract/errors.ts";
import { FakeDisplay, run } from "./fake-display.ts";

// Each place at which a batch may break off is tried, with the pauses that it really makes.
vi.setConfig({ testTimeout: 60_000 });

const CTRL = "ffe3";
const SHIFT = "ffe1";
/** All that must be let go of has been: every key that went down came up, and no button is down. */
const expectNothingHeld = (sent: readonly string[]) => {
  const held = new Set<string>();
  for (const one of sent) {
    if (one.startsWith("+")) held.add(one.slice(1));
    if (one.startsWith("-")) held.delete(one.slice(1));
  }
  expect([...held]).toEqual([]);
  expect(sent.filter((one) => one.startsWith("p ")).at(-1) ?? "p 0,0 0").toMatch(/ 0$/);
};
const sentBy = async (...actions: ActionInput[]): Promise<string[]> => {
  const display = new FakeDisplay();
  const { results } = await run(display, actions);
  expect(results.filter(({ ok }) => !ok)).toEqual([]);
  return display.take();
};

describe("what is sent", () => {
  test("a move and a click where it says", async () => {
    expect(await sentBy({ type: "move", x: 5, y: 6 })).toEqual(["p 5,6 0"]);
    expect(await sentBy({ type: "click", x: 5, y: 6 })).toEqual(["p 5,6 0", "p 5,6 1", "p 5,6 0"]);
  });

  test("a click without a place is where the pointer is", async () => {
    expect(await sentBy({ type: "click" })).toEqual(["p 500,400 1", "p 500,400 0"]);
    expect(await sentBy({ type: "move", x: 1, y: 2 }, { type: "click", button: "right" })).toEqual(["p 1,2 0", "p 1,2 4", "p 1,2 0"]);
  });

  test("a triple click with keys held around it", async () => {
    expect(await sentBy({ type: "click", x: 1, y: 1, count: 3, keys: ["ctrl", "shift"] })).toEqual([
      "p 1,1 0",
      `+${CTRL}`,
      `+${SHIFT}`,
      ...Array(3).fill(["p 1,1 1", "p 1,1 0"]).flat(),
      `-${SHIFT}`,
      `-${CTRL}`,
    ]);
  });

  test("back and forward as the keyboard's keys, since the X server's mouse has no such buttons", async () => {
    expect(await sentBy({ type: "click", button: "back" })).toEqual(["+1008ff26", "-1008ff26"]);
    expect(await sentBy({ type: "mouse_down", button: "forward" }, { type: "mouse_up", button: "forward" })).toEqual([
      "+1008ff27",
      "-1008ff27",
    ]);
  });

  test("back and forward as buttons where the X server's mouse has them", async () => {
    const display = new FakeDisplay();
    display.extraButtons = true;
    await run(display, [
      { type: "click", button: "back" },
      { type: "click", button: "forward" },
    ]);
    expect(display.take()).toEqual(["p 500,400 128", "p 500,400 0", "p 500,400 256", "p 500,400 0"]);
  });

  test("a button that is held stays held while the pointer moves", async () => {
    expect(await sentBy({ type: "mouse_down", x: 1, y: 1 }, { type: "move", x: 9, y: 9 }, { type: "mouse_up" })).toEqual([
      "p 1,1 0",
      "p 1,1 1",
      "p 9,9 1",
      "p 9,9 0",
    ]);
  });

  test("a drag presses at the start, goes through every point and lets go at the end", async () => {
    const sent = await sentBy({
      type: "drag",
      path: [
        [0, 0],
        [100, 0],
        [100, 50],
      ],
      duration_ms: 64,
      keys: ["alt"],
    });
    expect(sent.slice(0, 3)).toEqual(["p 0,0 0", "+ffe9", "p 0,0 1"]);
    expect(sent.slice(-3)).toEqual(["p 100,50 1", "p 100,50 0", "-ffe9"]);
    expect(sent).toContain("p 100,0 1");
    expect(sent.length).toBeGreaterThan(7);
  });

  test("pixels of scrolling become notches, at least one, both axes", async () => {
    const count = async (dx: number, dy: number) => {
      const sent = await sentBy({ type: "scroll", dx, dy });
      const of = (mask: number) => sent.filter((one) => one === `p 500,400 ${mask}`).length;
      return { up: of(8), down: of(16), left: of(32), right: of(64) };
    };
    expect(await count(0, 300)).toEqual({ up: 0, down: 3, left: 0, right: 0 });
    expect(await count(0, -1)).toEqual({ up: 1, down: 0, left: 0, right: 0 });
    expect(await count(-240, 130)).toEqual({ up: 0, down: 1, left: 2, right: 0 });
    expect(await count(0, 0)).toEqual({ up: 0, down: 0, left: 0, right: 0 });
    expect((await count(100_000, 0)).right).toBe(833);
  });

  test("text with Shift where a keyboard needs it, newlines as Return and tabs as Tab", async () => {
    expect(await sentBy({ type: "type", text: "aB!\t\r\n " })).toEqual([
      "+a",
      "-a",
      `+${SHIFT}`,
      "+B",
      "-B",
      `-${SHIFT}`,
      `+${SHIFT}`,
      "+!",
      "-!",
      `-${SHIFT}`,
      "+ff09",
      "-ff09",
      "+ff0d",
      "-ff0d",
      "+20",
      "-20",
    ]);
  });

  test("a line with a character that the keyboard lacks is pasted, the others are typed", async () => {
    expect(await sentBy({ type: "type", text: "x\nkůň 😀\ny" })).toEqual([
      "+x",
      "-x",
      "+ff0d",
      "-ff0d",
      "clip kůň 😀",
      `+${CTRL}`,
      "+v",
      "-v",
      `-${CTRL}`,
      "+ff0d",
      "-ff0d",
      "+y",
      "-y",
    ]);
  });

  test("a long text is pasted, in pieces that the clipboard takes and that cut no character", async () => {
    const text = "😀".repeat(150_000);
    const clips = (await sentBy({ type: "type", text })).filter((one) => one.startsWith("clip ")).map((one) => one.slice(5));
    expect(clips.join("")).toBe(text);
    expect(clips.length).toBeGreaterThan(1);
    for (const clip of clips) expect(Buffer.byteLength(clip)).toBeLessThan(256 * 1024);
    expect(clips.some((clip) => /^[\udc00-\udfff]|[\ud800-\udbff]$/.test(clip))).toBe(false);
  });

  test.each<[string[], string[]]>([
    [
      ["ctrl", "s"],
      [`+${CTRL}`, "+s", "-s", `-${CTRL}`],
    ],
    [["ctrl+s"], [`+${CTRL}`, "+s", "-s", `-${CTRL}`]],
    [
      ["CTRL", "S"],
      [`+${CTRL}`, "+s", "-s", `-${CTRL}`],
    ],
    [["Control+Shift+T"], [`+${CTRL}`, `+${SHIFT}`, "+T", "-T", `-${SHIFT}`, `-${CTRL}`]],
    [["ctrl++"], [`+${CTRL}`, `+${SHIFT}`, "++", "-+", `-${SHIFT}`, `-${CTRL}`]],
    [["A"], [`+${SHIFT}`, "+A", "-A", `-${SHIFT}`]],
    [
      ["shift", "1"],
      [`+${SHIFT}`, "+!", "-!", `-${SHIFT}`],
    ],
    [["ARROWLEFT"], ["+ff51", "-ff51"]],
    [["Page_Down"], ["+ff56", "-ff56"]],
    [
      ["CMD", "OPTION", "ENTER"],
      ["+ffeb", "+ffe9", "+ff0d", "-ff0d", "-ffe9", "-ffeb"],
    ],
    [["SPACE"], ["+20", "-20"]],
    [["KeyQ"], ["+q", "-q"]],
    [["+"], [`+${SHIFT}`, "++", "-+", `-${SHIFT}`]],
  ])("the keys %j", async (keys, sent) => expect(await sentBy({ type: "key", keys })).toEqual(sent));

  test("a repeated key, and one that is held", async () => {
    expect(await sentBy({ type: "key", keys: ["Tab"], repeat: 2 })).toEqual(["+ff09", "-ff09", "+ff09", "-ff09"]);
    expect(await sentBy({ type: "hold_key", keys: ["shift", "a"], duration_ms: 5 })).toEqual([`+${SHIFT}`, "+A", "-A", `-${SHIFT}`]);
  });
});

describe("what is answered", () => {
  test("the cursor's place, the clipboard's text, a picture", async () => {
    const display = new FakeDisplay();
    const { results, screenshot } = await run(
      display,
      [
        { type: "cursor_position" },
        { type: "clipboard_set", text: "ž" },
        { type: "clipboard_get" },
        { type: "screenshot", scale: 0.5, format: "webp" },
        { type: "zoom", region: { x: 0, y: 0, width: 10, height: 20 } },
        { type: "wait", ms: 1 },
      ],
      { screenshot: "after" },
    );
    expect(results).toEqual([
      { type: "cursor_position", ok: true, x: 500, y: 400 },
      { type: "clipboard_set", ok: true },
      { type: "clipboard_get", ok: true, text: "ž" },
      {
        type: "screenshot",
        ok: true,
        screenshot: {
          media_type: "image/webp",
          data: Buffer.from("webp of the screen").toString("base64"),
          width: 500,
          height: 400,
          hash: "h",
        },
      },
      { type: "zoom", ok: true, screenshot: expect.objectContaining({ media_type: "image/png", width: 10, height: 20 }) },
      { type: "wait", ok: true },
    ]);
    expect(screenshot).toMatchObject({ media_type: "image/png", width: 1000, height: 800 });
    expect(display.listeners).toBe(0);
  });

  test("what was copied by a key a moment ago", async () => {
    const display = new FakeDisplay();
    display.clipboard = "old";
    const batch = run(display, [{ type: "key", keys: ["ctrl", "c"] }, { type: "clipboard_get" }]);
    setTimeout(() => {
      display.clipboard = "new";
      display.tell("changed");
    }, 20);
    expect((await batch).results[1]).toEqual({ type: "clipboard_get", ok: true, text: "new" });
  });

  test("a text that nothing takes is a failure, and the rest is skipped", async () => {
    const display = new FakeDisplay();
    display.pasteWorks = false;
    const { results, screenshot } = await run(display, [{ type: "paste", text: "x" }, { type: "click" }], { screenshot: "after" });
    expect(results).toEqual([
      { type: "paste", ok: false, error: { code: "not_pasted", message: expect.stringContaining("Click into a text field") } },
      { type: "click", ok: false, skipped: true },
    ]);
    // The picture shows what became of it.
    expect(screenshot).toMatchObject({ width: 1000 });
    expectNothingHeld(display.take());
  }, 10_000);
});

/** One batch for each kind of holding; each is broken off at every one of its waits. */
const HOLDING: [string, ActionInput[]][] = [
  ["a click with keys", [{ type: "click", x: 1, y: 1, count: 3, keys: ["ctrl", "shift"] }]],
  [
    "a drag",
    [
      {
        type: "drag",
        path: [
          [0, 0],
          [300, 300],
        ],
        duration_ms: 40,
        keys: ["shift"],
      },
    ],
  ],
  ["a scroll", [{ type: "scroll", dx: 9000, dy: 9000, keys: ["ctrl"] }]],
  ["a text", [{ type: "type", text: "AbC".repeat(50) }]],
  ["a combination", [{ type: "key", keys: ["ctrl", "alt", "T"], repeat: 5 }]],
  ["a held key", [{ type: "hold_key", keys: ["ctrl", "a"], duration_ms: 5 }]],
  [
    "key_down and mouse_down",
    [
      { type: "key_down", key: "shift" },
      { type: "mouse_down", x: 3, y: 3 },
      { type: "move", x: 4, y: 4 },
    ],
  ],
];
const flushesOf = async (actions: ActionInput[]): Promise<number> => {
  const display = new FakeDisplay();
  let flushes = 0;
  display.onFlush = (count) => {
    flushes = count;
  };
  await run(display, actions);
  return flushes;
};

describe.each(HOLDING)("%s that is broken off", (_what, actions) => {
  test("by a failure anywhere lets go of everything and says so", async () => {
    const flushes = await flushesOf(actions);
    expect(flushes).toBeGreaterThan(0);
    for (let at = 1; at <= flushes; at++) {
      const display = new FakeDisplay();
      let reached = false;
      display.onFlush = (count) => {
        reached ||= count === at;
        if (reached) throw new VitrineError("display_unavailable", { reason: "test" });
      };
      const { results } = await run(display, [...actions, { type: "wait", ms: 0 }]);
      // A drag that is late on a busy machine leaves moves out, and may come to fewer than the first time.
      if (!reached && at > 2) break;
      expect(results.find(({ error }) => error)?.error?.code).toBe("display_unavailable");
      expect(results.at(-1)).toEqual({ type: "wait", ok: false, skipped: true });
      expectNothingHeld(display.take());
    }
  });

  test("by a client that goes away anywhere lets go of everything and sends no more", async () => {
    const flushes = await flushesOf(actions);
    for (let at = 1; at <= flushes; at++) {
      const display = new FakeDisplay();
      const abort = new AbortController();
      display.onFlush = (count) => {
        if (count === at) abort.abort(new Error("the client went away"));
      };
      const outcome = await run(display, actions, { signal: abort.signal }).catch((error: Error) => error.message);
      if (abort.signal.aborted || at <= 2) expect(outcome).toBe("the client went away");
      const sent = display.take();
      expectNothingHeld(sent);
      await new Promise((resolve) => setTimeout(resolve, 30));
      expect(display.take()).toEqual([]);
    }
  });
});

test("what key_down and mouse_down hold stays held over batches, also over one that fails, until it is let go of", async () => {
  const display = new FakeDisplay();
  await run(display, [
    { type: "key_down", key: "ctrl" },
    { type: "mouse_down", x: 1, y: 1 },
  ]);
  expect(display.take()).toEqual([`+${CTRL}`, "p 1,1 0", "p 1,1 1"]);
  // The combination's own ctrl is the one that is held: it is not let go of with it.
  await run(display, [{ type: "key", keys: ["ctrl", "a"] }]);
  expect(display.take()).toEqual([`+${CTRL}`, "+a", "-a"]);
  await run(display, [
    { type: "key_down", key: "shift" },
    { type: "navigate", url: "example.com" },
  ]);
  expect(display.take()).toEqual([`+${SHIFT}`, `-${SHIFT}`]);
  await run(display, [{ type: "move", x: 2, y: 2 }, { type: "mouse_up" }, { type: "key_up", key: "CTRL" }]);
  expect(display.take()).toEqual(["p 2,2 1", "p 2,2 0", `-${CTRL}`]);
});

test("a display that is gone while things are let go of leaves the first failure to be told", async () => {
  const display = new FakeDisplay();
  display.onFlush = () => {
    display.key = () => {
      throw new VitrineError("display_unavailable", { reason: "gone" });
    };
    throw new VitrineError("display_unavailable", { reason: "first" });
  };
  const { results } = await run(display, [{ type: "key_down", key: "ctrl" }]);
  expect(results[0]?.error?.message).toContain("first");
});

test("between two actions somebody else may take over", async () => {
  const display = new FakeDisplay();
  let asked = 0;
  const mayAct = async () => {
    if (++asked > 1) throw new VitrineError("controlled", { who: "A person (Ada)" });
  };
  const { results } = await run(display, [{ type: "key_down", key: "ctrl" }, { type: "click" }, { type: "click" }], { mayAct });
  expect(results.map(({ ok, skipped, error }) => [ok, skipped, error?.code])).toEqual([
    [true, undefined, undefined],
    [false, undefined, "controlled"],
    [false, true, undefined],
  ]);
  expect(display.take()).toEqual([`+${CTRL}`, `-${CTRL}`]);
});
