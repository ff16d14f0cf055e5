import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { serviceProcess } from "../support/service-process.ts";

let service: Awaited<ReturnType<typeof serviceProcess>>;
let site: Server;
beforeAll(async () => {
  service = await serviceProcess({ VITRINE_POOL: "browser:1" });
  site = createServer((_request, response) => response.end("<!doctype html><title>from the host</title>"));
  await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
});
afterAll(async () => {
  site.closeAllConnections();
  site.close();
  await service.stop();
  service.remove();
});

const untilWaiting = (times: number) =>
  expect.poll(() => service.log().match(/waits to be claimed/g)?.length ?? 0, { timeout: 300_000, interval: 500 }).toBe(times);

test("a computer that waited is its owner's own, with every option; the next takes its place, and none outlives the service", async () => {
  const { vitrine } = service;
  await service.start();
  await untilWaiting(1);
  expect((await vitrine.computers.list()).data).toEqual([]);
  const [id] = service.directories();

  const { port } = site.address() as AddressInfo;
  const computer = await vitrine.computers.create({
    name: "claimed",
    disk_size_mb: 12288,
    network: { host_ports: [port] },
    env: { GREETING: "hello" },
    browser: {
      viewport: { width: 1100, height: 700 },
      timezone: "Asia/Tokyo",
      locale: "cs-CZ",
      url: `http://host.vitrine.internal:${port}/`,
    },
  });
  expect(computer).toMatchObject({ id, start_kind: "restored", status: "running" });
  expect(computer.ready_phases).not.toHaveProperty("load");
  const told = await computer.exec("hostname; date +%Z; echo $GREETING; df -m --output=size / | tail -1; date +%s", { timeout_s: 120 });
  const [hostname, zone, greeting, disk, seconds] = told.stdout.trim().split("\n");
  expect([hostname, zone, greeting]).toEqual(["claimed", "JST", "hello"]);
  expect(Number(disk)).toBeGreaterThan(11_000);
  expect(Math.abs(Number(seconds) * 1000 - Date.now())).toBeLessThan(5000);
  const browser = await computer.connectPlaywright({ timeout: 120_000 });
  const page = browser.contexts()[0]!.pages()[0]!;
  await expect.poll(() => page.title(), { timeout: 60_000 }).toBe("from the host");
  expect(await page.evaluate("[Intl.DateTimeFormat().resolvedOptions().timeZone, navigator.language, outerWidth]")).toEqual([
    "Asia/Tokyo",
    "cs-CZ",
    1100,
  ]);
  await browser.close();

  await untilWaiting(2);
  const machineIds = new Set([(await computer.exec("cat /etc/machine-id")).stdout]);
  const second = await vitrine.computers.create();
  machineIds.add((await second.exec("cat /etc/machine-id")).stdout);
  expect(machineIds.size).toBe(2);
  expect((await second.exec("date +%Z")).stdout).toBe("UTC\n");

  // What waits when the service is killed is removed by the next one; what was claimed goes on.
  await untilWaiting(3);
  const waited = service.directories().filter((one) => one !== computer.id && one !== second.id);
  expect(waited).toHaveLength(1);
  await service.kill();
  await service.start();
  expect(service.directories()).not.toContain(waited[0]);
  expect((await vitrine.computers.get("claimed")).status).toBe("running");
  for (const one of [computer, second]) await one.delete();
  await service.stop();
  expect(service.processes()).toEqual([]);
  expect(service.directories()).toEqual([]);
});
