import { expect, test } from "vitest";
import { vitrine } from "./shared.ts";

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test("a still screen is recorded in next to nothing; a recording ends with the stop of its computer, and each start begins another", async () => {
  const computer = await vitrine.computers.create({ record_video: true });
  const { recorder } = computer;
  await sleep(6000);
  await computer.stop();
  const [first] = await recorder.list();
  await expect.poll(async () => (await recorder.get(first!.id)).status, { timeout: 60_000 }).toBe("ready");
  const { size_bytes, duration_s } = await recorder.get(first!.id);
  expect(duration_s).toBeGreaterThan(4);
  expect(size_bytes).toBeLessThan(200_000);
  await computer.start();
  await expect.poll(async () => (await recorder.list()).map(({ status }) => status), { timeout: 60_000 }).toEqual(["recording", "ready"]);
  const [second] = await recorder.list();
  await expect.poll(async () => (await recorder.get(second!.id)).width, { timeout: 60_000 }).not.toBeNull();
  const stopped = await recorder.stop(second!.id);
  expect(stopped).toMatchObject({ status: "ready", end_reason: "stopped" });
  await recorder.delete(first!.id);
  expect((await recorder.list()).map(({ id }) => id)).toEqual([second!.id]);
  await computer.delete();
});
