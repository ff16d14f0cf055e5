import { once } from "node:events";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect } from "vitest";
import { WebSocket } from "ws";
import { type ServiceProcess, serviceProcess } from "../support/service-process.ts";
import { expectNothingLeft } from "./aftermath.ts";
import { fault } from "./fault.ts";

let service: ServiceProcess;
beforeEach(async () => {
  service = await serviceProcess({ VITRINE_RAM_FACTOR: "4" });
});
afterEach(async () => {
  await service.stop();
  service.remove();
});

const SMALL = { template: "scratch", ram_mb: 512 } as const;
const machines = () => service.processes("qemu-system");

fault(
  {
    id: "S20",
    what: "SIGTERM with a request, a WebSocket and a recording under way",
    expected: "the request ends well, 1001, no new request, the recording goes on; computers run on",
  },
  async () => {
    await service.start();
    const computer = await service.vitrine.computers.create({ name: "busy" });
    const recording = await computer.recorder.start();
    const socket = new WebSocket(computer.cdp_ws_url!);
    await once(socket, "open");
    const closed = once(socket, "close");
    const before = machines();
    // Its output says that it is under way.
    const output = computer.execStream("echo begun; sleep 2; echo ended");
    expect((await output.next()).value).toMatchObject({ data: "begun\n" });
    service.signal("SIGTERM");
    const [code] = await closed;
    expect(code).toBe(1001);
    const refused = await service.call("GET", "/healthz").then(
      ({ status }) => status,
      () => "refused",
    );
    expect(["refused", 503]).toContain(refused);
    const rest: unknown[] = [];
    for await (const event of output) rest.push(event);
    expect(rest).toContainEqual(expect.objectContaining({ data: "ended\n" }));
    expect(await service.ended()).toBe(0);
    expect(service.processes("ffmpeg")).toEqual([]);
    expect(machines()).toEqual(before);
    const segments = readdirSync(join(service.dataDir, "recordings", recording.id)).filter((name) => name.endsWith(".mp4"));
    expect(segments).toHaveLength(1);
    await service.start();
    expect((await computer.exec("echo on")).stdout).toBe("on\n");
    expect(await computer.recorder.stop(recording.id)).toMatchObject({ status: "ready", error: null });
    return "200 and 1001; the same QEMU, one video of both segments";
  },
);

fault(
  {
    id: "S21",
    what: "SIGTERM of `serve --stop-computers`, with one computer that cannot be suspended",
    expected: "the others are restorable; that one runs on, and the log names it",
  },
  async () => {
    await service.start({}, ["--stop-computers"]);
    const names = ["one", "two", "stubborn"];
    const all = [];
    for (const name of names) {
      const computer = await service.vitrine.computers.create({ ...SMALL, name });
      await computer.exec(`echo ${name} > /dev/shm/kept`);
      all.push(computer);
    }
    const [one, two, stubborn] = all;
    // Where its state would be drafted.
    mkdirSync(join(service.dataDir, "computers", stubborn!.id, "machine.state.new"));
    service.signal("SIGTERM");
    expect(await service.ended()).toBe(0);
    expect(machines()).toHaveLength(1);
    expect(service.log()).toMatch(/"computers":\["stubborn"\]/);
    await service.start();
    expect(await stubborn!.refresh()).toMatchObject({ status: "running" });
    for (const computer of [one!, two!]) {
      expect(await computer.refresh()).toMatchObject({ status: "restorable" });
      await computer.start();
    }
    for (const computer of all) expect((await computer.exec("cat /dev/shm/kept")).stdout).toBe(`${computer.name}\n`);
    await expectNothingLeft(service);
    return "2 restorable, 1 running and named; all have their memory";
  },
);

fault(
  { id: "S22", what: "a second SIGTERM while the first is waited for", expected: "the service ends at once; computers run on" },
  async () => {
    await service.start();
    const computer = await service.vitrine.computers.create({ ...SMALL, name: "slow" });
    const output = computer.execStream("echo begun; sleep 60");
    await output.next();
    service.signal("SIGTERM");
    // One that comes sooner may be the same Ctrl-C, by way of npm.
    await sleep(1100);
    const began = Date.now();
    service.signal("SIGTERM");
    expect(await service.ended()).toBe(143);
    const ms = Date.now() - began;
    expect(ms).toBeLessThan(3000);
    await output.next().catch(() => {});
    expect(machines()).toHaveLength(1);
    await service.start();
    expect((await computer.exec("echo on")).stdout).toBe("on\n");
    return `${ms} ms`;
  },
);
