import { expect } from "vitest";
import type { Computer, VitrineError } from "../../src/client/index.ts";
import { fault } from "./fault.ts";
import { startedService } from "./started-service.ts";

const SCRATCH = { template: "scratch", ram_mb: 512, vcpus: 1 } as const;
const CAPACITY = 4;
const WAITING = 3;

const service = await startedService({
  VITRINE_MAX_COMPUTERS: String(CAPACITY),
  VITRINE_MAX_CREATES: "2",
  VITRINE_MAX_CREATES_WAITING: String(WAITING),
  VITRINE_RAM_RESERVE_MB: "0",
  VITRINE_RAM_FACTOR: "4",
});
const machines = () => service.processes("qemu-system");
/** Nothing of any computer is left. */
const nothingIsLeft = () => {
  expect(service.directories()).toEqual([]);
  expect(service.processes()).toEqual([]);
};
/** What came of calls that were made at once. */
const settle = async <T>(calls: Promise<T>[]) => {
  const all = await Promise.allSettled(calls);
  return {
    done: all.flatMap((one) => (one.status === "fulfilled" ? [one.value] : [])),
    refused: all.flatMap((one) => (one.status === "rejected" ? [one.reason as VitrineError] : [])),
  };
};

fault(
  {
    id: "F16",
    what: `20 creates at once on a host for ${CAPACITY}`,
    expected: `${CAPACITY} run, the rest 429 with Retry-After, none half made`,
  },
  async () => {
    const { computers } = service.vitrine;
    const { done, refused } = await settle(Array.from({ length: 20 }, () => computers.create(SCRATCH)));
    expect(done).toHaveLength(CAPACITY);
    for (const { code, details } of refused) expect([code, details.retry_after_s]).toEqual(["capacity_exceeded", 10]);
    expect(machines()).toHaveLength(CAPACITY);
    expect(service.directories().sort()).toEqual(done.map(({ id }) => id).sort());
    expect((await computers.list()).data.map(({ status }) => status)).toEqual(Array(CAPACITY).fill("running"));
    for (const one of done) expect((await one.exec("echo whole")).stdout).toBe("whole\n");
    await Promise.all(done.map((one) => one.delete()));
    nothingIsLeft();
    return `${done.length} run, ${refused.length} got 429, Retry-After 10`;
  },
);

/** What runs on a computer, or is begun, while it is deleted: it ends by itself or with the computer, in words of ours. */
const RACES: readonly [what: string, begin: (computer: Computer) => Promise<unknown>][] = [
  ["exec", (computer) => computer.exec("sleep 60; echo late", { timeout_s: 90 })],
  ["stop", (computer) => computer.stop()],
  ["shutdown", (computer) => computer.stop({ mode: "shutdown" })],
  ["fork", (computer) => service.vitrine.computers.get(computer.id).then((one) => one.fork({ count: 1 }))],
  ["upload", (computer) => computer.files.write("/tmp/a", Buffer.alloc(64 * 1024 * 1024))],
];
const CLEAR = ["wrong_state", "guest_link_lost", "guest_unreachable", "computer_not_found"];

fault(
  {
    id: "F17",
    what: "delete races create, start, stop, fork, exec and an upload; each repeated",
    expected: "one terminal state; the other ends with a clear code; a repeated delete is a success",
  },
  async () => {
    const { computers } = service.vitrine;
    const ends: string[] = [];
    const told = async (what: string, work: Promise<unknown>) => {
      const error = await work.then(
        () => null,
        (reason) => reason,
      );
      if (error !== null) expect(CLEAR, `${what}: ${error}`).toContain(error.code);
      ends.push(`${what} ${error?.code ?? "done"}`);
    };
    const remove = async (id: string) => {
      await Promise.all([computers.delete(id), computers.delete(id)]);
      expect((await computers.get(id)).status).toBe("deleted");
      await computers.delete(id);
      nothingIsLeft();
    };
    for (const wait of [0, 300, 1500]) {
      const creating = computers.create({ ...SCRATCH, name: `half-${wait}` });
      const failed = told("create", creating);
      await expect.poll(() => computers.get(`half-${wait}`).catch(() => null), { timeout: 30_000 }).not.toBe(null);
      await new Promise((resolve) => setTimeout(resolve, wait));
      await remove((await computers.get(`half-${wait}`)).id);
      await failed;
    }
    const stopped = await computers.create(SCRATCH);
    await stopped.stop();
    const started = told("start", stopped.start());
    await expect.poll(async () => (await computers.get(stopped.id)).status, { timeout: 30_000 }).not.toBe("restorable");
    await remove(stopped.id);
    await started;
    for (const [what, begin] of RACES) {
      const computer = await computers.create(SCRATCH);
      const work = told(what, begin(computer));
      await new Promise((resolve) => setTimeout(resolve, 200));
      await remove(computer.id);
      await work;
    }
    return ends.join(", ");
  },
);

fault(
  {
    id: "S-stop-during-exec",
    what: "suspend and shutdown in the middle of an exec",
    expected:
      "the exec ends with guest_link_lost, the computer stops; where it goes on, the command whose caller is gone ends, a background process goes on",
  },
  async () => {
    const computer = await service.vitrine.computers.create(SCRATCH);
    const begin = async () => {
      await computer.exec(["rm", "-f", "/tmp/begun"]);
      const exec = computer.exec("touch /tmp/begun; exec sleep 4321", { timeout_s: 300 }).catch((error) => error);
      await expect.poll(async () => (await computer.exec("ls /tmp/begun || true")).stdout, { timeout: 60_000 }).not.toBe("");
      return { exec };
    };
    const running = async (argument: number) => (await computer.exec(["pgrep", "-x", "-f", `sleep ${argument}`])).exit_code === 0;
    await computer.processes.start({ argv: ["sleep", "8765"] });
    const first = await begin();
    await computer.stop();
    expect((await first.exec).code).toBe("guest_link_lost");
    await computer.start();
    await expect.poll(() => running(4321), { timeout: 60_000 }).toBe(false);
    expect(await running(8765)).toBe(true);
    const second = await begin();
    await computer.stop({ mode: "shutdown" });
    expect((await second.exec).code).toBe("guest_link_lost");
    expect(computer.status).toBe("stopped");
    await computer.delete();
    nothingIsLeft();
    return "both ended with guest_link_lost; after the suspend the command was ended and the background process went on";
  },
);

fault({ id: "F18", what: "ten creates of one name at once", expected: "one 201, the others 409 name_taken" }, async () => {
  const { computers } = service.vitrine;
  const { done, refused } = await settle(Array.from({ length: 10 }, () => computers.create({ ...SCRATCH, name: "curie" })));
  expect(done).toHaveLength(1);
  for (const { code } of refused) expect(["name_taken", "capacity_exceeded"]).toContain(code);
  expect(refused.some(({ code }) => code === "name_taken")).toBe(true);
  expect(machines()).toHaveLength(1);
  await done[0]!.delete();
  nothingIsLeft();
  return `1 made, ${refused.filter(({ code }) => code === "name_taken").length} got name_taken`;
});

fault(
  {
    id: "F21",
    what: "a client that vanishes in the middle of an exec; 1 GB on standard output",
    expected: "the command is killed within its grace; output is cut at 1 MiB with `truncated`, and the service's memory stays flat",
  },
  async () => {
    const computer = await service.vitrine.computers.create(SCRATCH);
    const alive = async () => (await computer.exec("pgrep -x -f 'sleep 1234' | wc -l")).stdout.trim();
    for (const run of [
      (signal: AbortSignal) => computer.exec("sleep 1234", { timeout_s: 1300, signal }),
      async (signal: AbortSignal) => {
        for await (const _ of computer.execStream("sleep 1234", { timeout_s: 1300, signal }));
      },
    ]) {
      const abort = new AbortController();
      const running = run(abort.signal).catch(() => {});
      await expect.poll(alive, { timeout: 60_000 }).toBe("1");
      abort.abort();
      await running;
      await expect.poll(alive, { timeout: 30_000 }).toBe("0");
    }
    const before = service.rssMb();
    let peak = 0;
    const timer = setInterval(() => {
      peak = Math.max(peak, service.rssMb());
    }, 200);
    const result = await computer.exec("head -c 1000000000 /dev/zero | tr '\\0' x", { timeout_s: 400 }).finally(() => clearInterval(timer));
    expect(result).toMatchObject({ exit_code: 0, truncated: true, timed_out: false });
    expect(result.stdout.length).toBe(1024 * 1024);
    expect(peak - before).toBeLessThan(150);
    await computer.delete();
    nothingIsLeft();
    return `killed both times; 1 GB gave 1 MiB and truncated, in ${Math.round(result.duration_ms / 1000)} s; the service grew by ${Math.round(peak - before)} MiB at most`;
  },
);
