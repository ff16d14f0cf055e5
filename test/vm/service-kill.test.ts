import { afterAll, beforeAll, expect, test } from "vitest";
import { serviceProcess } from "../support/service-process.ts";

let service: Awaited<ReturnType<typeof serviceProcess>>;
beforeAll(async () => {
  service = await serviceProcess();
});
afterAll(async () => {
  await service.stop();
  service.remove();
});
/** What relays connections for the machines comes and goes with those. */
const machines = () => service.processes("qemu-system");

test("kill -9 of the service with two running computers: both are found again, same ids and URLs, CDP works; then all is deleted", async () => {
  const { vitrine } = service;
  await service.start();
  const before = await Promise.all(["one", "two"].map((name) => vitrine.computers.create({ name, ram_mb: 1536 })));
  await before[0]!.exec("echo kept > /tmp/in-memory");
  const running = machines();
  expect(running).toHaveLength(2);

  await service.kill();
  expect(machines()).toEqual(running);
  await service.start();

  for (const old of before) {
    const now = await vitrine.computers.get(old.id);
    expect(now).toMatchObject({
      status: "running",
      name: old.name,
      cdp_url: old.cdp_url,
      cdp_ws_url: old.cdp_ws_url,
      live_url: old.live_url,
    });
    const browser = await now.connectPlaywright({ timeout: 120_000 });
    expect(await browser.contexts()[0]!.pages()[0]!.evaluate("40 + 2")).toBe(42);
    await browser.close();
  }
  expect((await before[0]!.exec("cat /tmp/in-memory")).stdout).toBe("kept\n");

  // Killed in the middle of a create, a delete and a stop: the next service finishes or undoes each.
  const halfMade = vitrine.computers.create({ name: "half-made", template: "scratch" }).catch(() => {});
  await expect.poll(async () => (await vitrine.computers.list({ status: "creating" })).data.length, { timeout: 30_000 }).toBe(1);
  const stopping = before[0]!.stop().catch(() => {});
  await expect.poll(async () => (await vitrine.computers.get("one")).status, { timeout: 30_000 }).toBe("stopping");
  await service.kill();
  await Promise.all([halfMade, stopping]);
  await service.start();
  await expect(vitrine.computers.get("half-made")).rejects.toMatchObject({ code: "computer_not_found" });
  // Its memory had been written whole, or it goes on: either way nothing of it is lost.
  const one = await vitrine.computers.get("one");
  expect(["restorable", "running"]).toContain(one.status);
  await one.start();
  expect((await one.exec("cat /tmp/in-memory")).stdout).toBe("kept\n");
  expect((await vitrine.computers.get("two")).status).toBe("running");

  for (const { id } of before) await vitrine.computers.delete(id);
  expect(service.processes()).toEqual([]);
  expect(service.directories()).toEqual([]);
});
