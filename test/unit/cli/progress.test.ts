import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { progressView } from "../../../src/cli/progress.ts";

const sink = (tty: boolean) => {
  const stream = Object.assign(new PassThrough(), tty ? { isTTY: true, columns: 60, getColorDepth: () => 1 } : {});
  return { stream, text: () => String(stream.read() ?? "") };
};

test("elsewhere than on a terminal: plain lines, each news once, each tenth percent", () => {
  const { stream, text } = sink(false);
  const view = progressView(stream);
  for (let percent = 0; percent <= 25; percent++) view.report({ step: "image", message: "unpacking", percent });
  view.report({ step: "image", message: "done" });
  view.report({ step: "image", message: "done" });
  view.end();
  expect(text()).toBe("image: unpacking 0 %\nimage: unpacking 10 %\nimage: unpacking 20 %\nimage: done\n");
});

test("on a terminal: one live line for each step, cut to its width, marked at its end", () => {
  const { stream, text } = sink(true);
  let now = 0;
  const view = progressView(stream, () => now);
  view.report({ step: "image", message: `fetching\n\u001b[31m${"x".repeat(200)}`, percent: 3 });
  now = 12_000;
  view.report({ step: "image", message: "packing" });
  view.report({ step: "accel", message: "trying" });
  view.end(false);
  const lines = text().split("\n");
  expect(lines).toHaveLength(3);
  expect(lines[0]).toContain("image: packing (12 s)");
  for (const drawn of lines.flatMap((line) => line.split(/\u001b\[(?:2K|1G)/)))
    expect(drawn.replaceAll(/\u001b\[\d+m/g, "").length).toBeLessThanOrEqual(60);
  expect(lines[1]).toContain("✖");
});
