import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFailed, test } from "vitest";
import type { Computer } from "../../src/client/index.ts";
import { cacheDir } from "../../src/contract/local.ts";
import { allPoints, type Point } from "../../src/server/points.ts";
import { type ServiceProcess, serviceProcess } from "../support/service-process.ts";
import { expectNothingLeft, inDatabase, settled } from "./aftermath.ts";
import { fault } from "./fault.ts";

/**
 * The service is killed at each of its points, by itself. The next one finishes or undoes what was under way, with its own point armed already: the cases are in an order in which no
 * service is killed by what it puts in order.
 */
interface Case {
  point: Point;
  expected: string;
  /** Beside the point. */
  env?: Record<string, string>;
  /** What must be so before; it may not reach the point itself. */
  given?: () => Promise<unknown>;
  /** Reaches the point; what becomes of the call is of no interest. */
  verb: () => Promise<unknown>;
  /** Looks at what has become of it, once all is settled. */
  after: () => Promise<unknown>;
}

const SMALL = { template: "scratch", ram_mb: 512 } as const;
/** Of this size there is no template, so that it boots, the first time that a service is asked for one. */
const UNUSUAL = { template: "scratch", ram_mb: 520 } as const;
const FILE = "/home/ohm/kept";
const MEMORY = "/dev/shm/kept";

let service: ServiceProcess;
/** It runs all the time, and is forked. */
let steady: Computer;
/** It is stopped and started. */
let moved: Computer;
/** It is filmed. */
let filmed: Computer;

const computers = () => service.vitrine.computers;
const statusOf = async ({ id }: { id: string }): Promise<string> => (await computers().get(id)).status;
const call = (method: string, path: string, body?: unknown, headers?: Record<string, string>) => service.call(method, path, body, headers);
const create = (body: object = SMALL, headers?: Record<string, string>) => call("POST", "/v1/computers", { name: "new", ...body }, headers);
const none = async (name: string) => expect((await computers().list()).data.map((one) => one.name)).not.toContain(name);
const keep = (computer: Computer, what: string) => computer.exec(`echo ${what} | tee ${MEMORY} > ${FILE}; sync`);
const kept = async (computer: Computer, file = FILE) => (await computer.exec(`cat ${file}`)).stdout.trim();

const undone = { expected: "it was never made", after: () => none("new") };
const created = (point: Point, more: Partial<Case> = {}): Case => ({ point, ...undone, verb: () => create(), ...more });

const stops = (mode: string) => () => call("POST", `/v1/computers/${moved.id}/stop`, { mode });
const starts = () => call("POST", `/v1/computers/${moved.id}/start`, {});
const moveTo = (status: "running" | "restorable" | "stopped") => async () => {
  const now = await computers().get(moved.id);
  if (now.status === status) return;
  if (status !== "running") {
    if (now.status === "stopped") await now.start();
    await now.stop({ mode: status === "stopped" ? "shutdown" : "suspend" });
  } else await now.start();
  expect(await statusOf(moved)).toBe(status);
};
/** Whatever has become of it, its files are there, and its memory too where it was not shut down. */
const movedIs =
  (status: "running" | "restorable" | "stopped", memory = status !== "stopped") =>
  async () => {
    expect(await statusOf(moved)).toBe(status);
    if (status !== "running") return;
    expect(await kept(moved)).toBe("moved");
    if (memory) expect(await kept(moved, MEMORY)).toBe("moved");
  };

const stopping = (point: Point, mode: "suspend" | "shutdown", status: "running" | "restorable" | "stopped"): Case => ({
  point,
  expected: `${mode}: it is ${status}`,
  given: moveTo("running"),
  verb: stops(mode),
  after: movedIs(status, mode === "suspend"),
});
const starting = (point: Point, from: "restorable" | "stopped", status: "running" | "restorable" | "stopped"): Case => ({
  point,
  expected: `${from === "stopped" ? "booted" : "resumed"}: it is ${status}`,
  given: moveTo(from),
  verb: starts,
  after: movedIs(status, from === "restorable"),
});

const forking = (point: Point, count = 1, of = () => steady): Case => ({
  point,
  expected: "there is no copy, and the original is what it was",
  verb: () => call("POST", `/v1/computers/${of().id}/fork`, { count, name: "copy" }),
  after: async () => {
    for (const { name } of (await computers().list()).data) expect(name).not.toMatch(/^copy/);
  },
});

let doomed: Computer;
const deleting = (point: Point): Case => ({
  point,
  expected: "it is deleted",
  given: async () => {
    doomed = await computers().create({ ...SMALL, name: "doomed" });
  },
  verb: () => call("DELETE", `/v1/computers/${doomed.id}`),
  after: async () => {
    expect(await statusOf(doomed)).toBe("deleted");
    const left = inDatabase(service.dataDir, (db) => db.prepare("SELECT id FROM links WHERE computer_id = ?").all(doomed.id), {
      copy: true,
    });
    expect(left).toEqual([]);
  },
});

/** Its browser's profile is kept first; the next service does that anew. */
const keeping = (point: Point): Case => ({
  point,
  expected: "it is deleted, and its profile is kept",
  given: async () => {
    await service.vitrine.profiles.delete("kept");
    doomed = await computers().create({ name: "doomed", browser: { profile: "kept" } });
  },
  verb: () => call("DELETE", `/v1/computers/${doomed.id}`),
  after: async () => {
    expect(await statusOf(doomed)).toBe("deleted");
    expect(await service.vitrine.profiles.get("kept")).toMatchObject({ computer_id: null, size_bytes: expect.any(Number) });
  },
});

/** The service gets there by itself. */
const pooled = (point: Point): Case => ({
  point,
  expected: "what waited is gone",
  env: { VITRINE_POOL: "scratch:1" },
  verb: () => service.ended(),
  after: async () => {},
});

const recordings = async () => await filmed.recorder.list();
const film = () => call("POST", `/v1/computers/${filmed.id}/recordings`, {});
const stopFilm = async () => {
  const [one] = await recordings();
  return call("POST", `/v1/computers/${filmed.id}/recordings/${one!.id}/stop`, {});
};
const lastIs = (status: string) => async () =>
  void (await expect.poll(async () => (await recordings())[0]?.status, { timeout: 60_000 }).toBe(status));
const filming = (point: Point): Case => ({ point, expected: "the recording goes on", verb: film, after: lastIs("recording") });
const endFilm = async () => {
  for (const { id, status } of await recordings()) if (status === "recording") await filmed.recorder.stop(id);
};
const finalizing = (point: Point): Case => ({
  point,
  expected: "the video is there",
  given: async () => {
    if ((await recordings())[0]?.status !== "recording") await filmed.recorder.start();
  },
  verb: stopFilm,
  after: lastIs("ready"),
});

const templates = () => readdirSync(join(cacheDir(process.env), "templates")).filter((name) => name.startsWith(".build-"));
let building: string[] = [];
/** The second of a size that a service is asked for is worth a template. */
const templated = (point: Point): Case => ({
  point,
  expected: "nothing is left of the build",
  given: async () => {
    building = templates();
    await (await computers().create({ ...UNUSUAL, name: "first" })).delete();
  },
  verb: async () => {
    await create(UNUSUAL).catch(() => {});
    await service.ended();
    building = templates().filter((name) => !building.includes(name));
    expect(building).toHaveLength(1);
  },
  after: async () => {
    await none("new");
    await expect.poll(() => templates().filter((name) => building.includes(name)), { timeout: 20_000 }).toEqual([]);
  },
});

const interrupted = (point: Point): Case => ({
  point,
  expected: "a service that was killed while it put things in order is followed by one that does",
  verb: async () => {
    await service.kill();
    await service.start({ VITRINE_FAULT: point }).catch(() => {});
  },
  after: async () => {},
});

const snapshots = async ({ id }: Computer) => (await computers().get(id)).snapshots.list();
const onlySnapshot = async (computer: Computer) => {
  for (const { id } of await snapshots(computer)) await computer.snapshots.delete(id);
  return computer.snapshots.create();
};
const snapping = (point: Point): Case => ({
  point,
  expected: "there is no snapshot",
  verb: () => call("POST", `/v1/computers/${steady.id}/snapshots`, {}),
  after: async () => expect(await snapshots(steady)).toEqual([]),
});
let snapshot = "";
const given = async (computer: Computer) => {
  snapshot = (await onlySnapshot(computer)).id;
};
const discarding = (point: Point, left: number): Case => ({
  point,
  expected: left === 0 ? "the snapshot is gone" : "the snapshot is there",
  // The one before may have left it.
  given: async () => {
    snapshot = ((await snapshots(steady))[0] ?? (await steady.snapshots.create())).id;
  },
  verb: () => call("DELETE", `/v1/computers/${steady.id}/snapshots/${snapshot}`),
  after: async () => expect(await snapshots(steady)).toHaveLength(left),
});
const reverting = (point: Point, content: string): Case => ({
  point,
  expected: content === "moved" ? "the workspace is what it was" : "nothing has changed",
  given: async () => {
    await moveTo("running")();
    await given(moved);
    await keep(moved, "later");
    await moveTo("stopped")();
  },
  verb: () => call("POST", `/v1/computers/${moved.id}/snapshots/${snapshot}/restore`),
  after: async () => {
    expect(await snapshots(moved)).toHaveLength(1);
    await moveTo("running")();
    expect(await kept(moved)).toBe(content);
    await keep(moved, "moved");
  },
});
const lending = (point: Point): Case => ({
  point,
  expected: "it was never made, and the other goes on",
  given: () => given(steady),
  verb: () => create({ ...SMALL, workspace_snapshot: snapshot }),
  after: async () => {
    await none("new");
    await steady.snapshots.delete(snapshot);
  },
});

const CASES: Case[] = [
  created("create:begin"),
  stopping("stop:begin", "suspend", "running"),
  deleting("delete:begin"),
  stopping("stop:suspend", "suspend", "running"),
  deleting("delete:halt"),
  starting("start:begin", "restorable", "restorable"),
  deleting("delete:remove"),
  starting("start:restore", "restorable", "restorable"),
  deleting("delete:unrefer"),
  starting("start:spawned", "restorable", "restorable"),
  deleting("delete:forget"),
  starting("start:loaded", "restorable", "running"),
  stopping("stop:saved", "suspend", "restorable"),
  starting("start:renew", "restorable", "running"),
  stopping("stop:ended", "suspend", "restorable"),
  starting("start:whole", "restorable", "running"),
  stopping("stop:power-off", "shutdown", "stopped"),
  starting("start:spawn", "stopped", "stopped"),
  starting("start:spawned", "stopped", "stopped"),
  stopping("stop:ended", "shutdown", "stopped"),
  starting("start:boot", "stopped", "stopped"),
  starting("start:whole", "stopped", "stopped"),
  created("create:prepare"),
  created("create:refer"),
  created("create:restore"),
  created("create:renew"),
  created("create:spawned", {
    expected: "it was never made; asked for again with the same Idempotency-Key, it is, once",
    verb: () => create(SMALL, { "Idempotency-Key": "once" }),
    after: async () => {
      await none("new");
      const [first, second] = await Promise.all(
        [1, 2].map(() => create(SMALL, { "Idempotency-Key": "once" }).then((answer) => answer.json())),
      );
      const [one, two] = [first, second] as { id: string; status: string }[];
      expect(one!.status).toBe("running");
      expect(two!.id).toBe(one!.id);
      await computers().delete(one!.id);
    },
  }),
  interrupted("reconcile:swept"),
  created("create:whole"),
  created("create:spawn", { expected: "booted: it was never made", verb: () => create(UNUSUAL) }),
  created("create:boot", { expected: "booted: it was never made", verb: () => create(UNUSUAL) }),
  pooled("pool:prepare"),
  pooled("pool:refer"),
  pooled("pool:restore"),
  pooled("pool:spawned"),
  pooled("pool:ready"),
  created("create:claim", {
    env: { VITRINE_POOL: "scratch:1" },
    given: async () => {
      const waiting = async () => (await (await call("GET", "/metrics")).text()).includes("vitrine_pool_waiting 1");
      await expect.poll(waiting, { timeout: 120_000, interval: 250 }).toBe(true);
    },
    verb: () => create({ template: "scratch" }),
  }),
  keeping("keep:written"),
  snapping("snapshot:begin"),
  snapping("snapshot:written"),
  snapping("snapshot:taken"),
  // What the next service does of one, it does of another.
  reverting("revert:begin", "later"),
  lending("lend:begin"),
  reverting("revert:marked", "moved"),
  lending("lend:held"),
  reverting("revert:applied", "moved"),
  discarding("discard:begin", 1),
  discarding("discard:marked", 0),
  {
    point: "publish:link",
    expected: "the port is not published",
    verb: () => call("POST", `/v1/computers/${steady.id}/published-ports`, { port: 8000 }),
    after: async () => expect(await steady.ports.list()).toEqual([]),
  },
  keeping("keep:kept"),
  discarding("discard:dropped", 0),
  forking("fork:begin"),
  forking("fork:copies"),
  forking("fork:copy", 2),
  forking("fork:cut"),
  forking("fork:saved"),
  forking("fork:frozen"),
  forking("fork:make"),
  forking("copy:begin"),
  forking("copy:prepare"),
  forking("copy:refer"),
  forking("copy:restore"),
  interrupted("reconcile:settled"),
  forking("copy:spawned"),
  forking("copy:renew"),
  forking("copy:whole"),
  forking("fork:made", 2),
  { ...forking("copy:spawn", 1, () => moved), given: moveTo("stopped") },
  { ...forking("copy:boot", 1, () => moved), given: moveTo("stopped") },
  filming("record:directory"),
  templated("template:boot"),
  {
    ...filming("record:film"),
    given: endFilm,
    // It would go on with an encoder, where the next service but one dies.
    after: async () => {
      await lastIs("recording")();
      await endFilm();
    },
  },
  templated("template:saved"),
  { ...filming("record:encoder"), given: endFilm },
  finalizing("finalize:begin"),
  templated("template:whole"),
  finalizing("finalize:joined"),
  starting("start:begin", "stopped", "stopped"),
  finalizing("finalize:produced"),
  {
    point: "erase:files",
    expected: "the recording is gone",
    verb: async () => {
      const [one] = await recordings();
      doomedRecording = one!.id;
      return call("DELETE", `/v1/computers/${filmed.id}/recordings/${one!.id}`);
    },
    after: async () => expect((await recordings()).map(({ id }) => id)).not.toContain(doomedRecording),
  },
];
let doomedRecording = "";

const passed = new Set<Point>();
let armed = -1;
const arm = async (index: number): Promise<void> => {
  const one = CASES[index];
  armed = index;
  // One that has an environment of its own, or dies by itself, is started by its case.
  await service.start(one && !one.env && !one.point.startsWith("reconcile:") ? { VITRINE_FAULT: one.point } : {});
};

beforeAll(async () => {
  service = await serviceProcess({ VITRINE_RAM_FACTOR: "4", VITRINE_LOG_LEVEL: "warn" });
  await service.start();
  // The second of a size that has no template yet makes one.
  for (const name of ["first", "second"]) await (await computers().create({ ...SMALL, name })).delete();
  steady = await computers().create({ ...SMALL, name: "steady" });
  moved = await computers().create({ ...SMALL, name: "moved" });
  filmed = await computers().create({ name: "filmed" });
  await keep(steady, "steady");
  await keep(moved, "moved");
});
afterAll(async () => {
  await service.stop();
  service.remove();
});

test("each point has its case", () => {
  expect([...new Set(CASES.map(({ point }) => point))].sort()).toEqual(allPoints().sort());
});

CASES.forEach(({ point, expected, env, given, verb, after }, index) => {
  fault({ id: `K${index + 1}`, what: `kill -9 of the service at ${point}`, expected }, async () => {
    onTestFailed(() => console.error(service.log()));
    if (armed !== index) {
      await service.kill();
      await arm(index);
    }
    if (env) {
      await service.kill();
      await service.start({ VITRINE_FAULT: point, ...env }).catch(() => {});
    }
    await given?.();
    await Promise.allSettled([verb(), service.ended()]);
    expect(await service.ended(), service.log()).toBe("SIGKILL");
    const before = Date.now();
    await arm(index + 1);
    const seconds = ((Date.now() - before) / 1000).toFixed(1);
    await settled(service);
    await after();
    await expectNothingLeft(service);
    expect(await kept(steady)).toBe("steady");
    expect(await kept(steady, MEMORY)).toBe("steady");
    passed.add(point);
    return `so it was, ${seconds} s after the next start`;
  });
});

fault(
  { id: "F2", what: "SIGKILL between each two steps of create", expected: "the next start removes it; never a nameless QEMU" },
  async () => {
    const points = allPoints().filter((point) => point.startsWith("create:"));
    expect(points.filter((point) => !passed.has(point))).toEqual([]);
    return `${points.length} of ${points.length} points, ${passed.size} of ${allPoints().length} with all verbs`;
  },
);
