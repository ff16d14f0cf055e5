import { expect, test } from "vitest";
import type { Computer } from "../../../src/contract/computer.ts";
import { CreateComputer } from "../../../src/contract/computer.ts";
import { type Event, EventTypes } from "../../../src/contract/events.ts";
import { CreateLink } from "../../../src/contract/links.ts";
import { NetworkPolicy, PatchNetwork } from "../../../src/contract/network.ts";
import { arrange, EVERYTHING } from "../../../src/dashboard/words/arrange.ts";
import { connected, connectedToAll } from "../../../src/dashboard/words/connected.ts";
import { IDLE, inputOf, LIVES, VIEWPORTS } from "../../../src/dashboard/words/create.ts";
import { goesWith } from "../../../src/dashboard/words/delete.ts";
import { isOf, isTrouble, TELLABLE, tell } from "../../../src/dashboard/words/event.ts";
import { inOrder, joinPath, previewOf, textOf, trail } from "../../../src/dashboard/words/files.ts";
import { LINK_LIVES, linkInputOf, POWERS, powerWords } from "../../../src/dashboard/words/links.ts";
import { loadsOf, loadWords } from "../../../src/dashboard/words/load.ts";
import {
  draftOf,
  EMPTY,
  faultsIn,
  isSame,
  listsOf,
  MODES,
  policyOf,
  sumOf,
  whereTo,
  withRemedy,
} from "../../../src/dashboard/words/network.ts";
import { snippetsFor } from "../../../src/dashboard/words/snippets.ts";
import { age, position, size, span } from "../../../src/dashboard/words/time.ts";

const computer = (name: string, more: Partial<Computer> = {}) =>
  ({
    id: `cmp_${name}`,
    name,
    status: "running",
    template: "browser",
    metadata: {},
    created_at: "2026-01-01T00:00:00Z",
    ...more,
  }) as Computer;
const fleet = [
  computer("worker-10", { created_at: "2026-01-03T00:00:00Z", metadata: { team: "Crawl" } }),
  computer("worker-2", { created_at: "2026-01-02T00:00:00Z", status: "stopped" }),
  computer("ada", { template: "scratch" }),
];
const names = (wanted: Partial<typeof EVERYTHING>) => arrange(fleet, { ...EVERYTHING, ...wanted }).map(({ name }) => name);

test.each([
  [{}, ["worker-10", "worker-2", "ada"]],
  [{ order: "oldest" }, ["ada", "worker-2", "worker-10"]],
  [{ order: "name" }, ["ada", "worker-2", "worker-10"]],
  [{ order: "status" }, ["ada", "worker-10", "worker-2"]],
  [{ search: "work" }, ["worker-10", "worker-2"]],
  [{ search: "  CRAWL worker " }, ["worker-10"]],
  [{ search: "worker ada" }, []],
  [{ search: "cmp_ada" }, ["ada"]],
  [{ status: "stopped" }, ["worker-2"]],
  [{ template: "scratch" }, ["ada"]],
  [{ template: "scratch", status: "stopped" }, []],
] as const)("%j of the grid is %j", (wanted, expected) => {
  expect(names(wanted)).toEqual(expected);
});

test.each([
  [0, "0 s"],
  [59.9, "59 s"],
  [61, "1 min 1 s"],
  [3600, "1 h"],
  [7505, "2 h 5 min"],
  [90_061, "1 d 1 h"],
  [-5, "0 s"],
])("%d seconds are %s", (seconds, words) => {
  expect(span(seconds)).toBe(words);
});

test.each([
  [30, "just now"],
  [60, "1 min ago"],
  [7300, "2 h ago"],
  [200_000, "2 d ago"],
])("what was %d seconds ago was %s", (seconds, words) => {
  const now = Date.parse("2026-01-10T00:00:00Z");
  expect(age(new Date(now - seconds * 1000).toISOString(), now)).toBe(words);
});

test("places in a video and sizes", () => {
  expect([0, 65.9, 3723].map(position)).toEqual(["0:00", "1:05", "1:02:03"]);
  expect([0, 999, 1000, 3_400_000].map(size)).toEqual(["0 B", "999 B", "1 kB", `${(3.4).toLocaleString()} MB`]);
});

test("who is connected", () => {
  expect(connected({ cdp: 0, viewers: 0, terminals: 0, commands: 0 })).toBe("");
  expect(connected({ cdp: 1, viewers: 2, terminals: 0, commands: 1 })).toBe("1 CDP client, 2 viewers, 1 command");
});

const form = (fields: Record<string, string>) => ({ get: (name: string) => fields[name] ?? null });

const MODE_NAMES = Object.keys(MODES) as (keyof typeof MODES)[];

test("what the form of a new computer asks for is what the API takes", () => {
  const size = { width: "1600", height: "900", vcpus: "4", ram_mb: "4096" };
  for (const viewport of Object.keys(VIEWPORTS))
    for (const mode of MODE_NAMES)
      for (const [ttl_s] of LIVES)
        for (const [idle_timeout_s] of IDLE) {
          const fields = form({ template: "browser", viewport, ttl_s, idle_timeout_s, ...size });
          expect(CreateComputer.safeParse(inputOf(fields, { ...EMPTY, mode, allow: "a.example" })).error).toBe(undefined);
        }
  const draft = { ...EMPTY, mode: "restricted", allow: "a.example, *.b.example" } as const;
  expect(inputOf(form({ template: "scratch", record_video: "on", name: " ada " }), draft)).toMatchObject({
    template: "scratch",
    name: "ada",
    network: { mode: "restricted", allow: ["a.example", "*.b.example"] },
    record_video: true,
  });
  expect(inputOf(form({ template: "browser", viewport: "other", ...size }), EMPTY)).toMatchObject({
    vcpus: 4,
    ram_mb: 4096,
    browser: { viewport: { width: 1600, height: 900 } },
  });
});

test("a policy that is written is the policy that was read, and what its mode has no use for goes empty", () => {
  const policy = {
    mode: "restricted",
    allow: ["a.example", "*.b.example:443"],
    deny: ["c.b.example"],
    allow_cidrs: ["10.1.0.0/16"],
    deny_cidrs: [],
    host_ports: [8080],
  } as const;
  const draft = draftOf(NetworkPolicy.parse(policy));
  expect(policyOf(draft)).toEqual(policy);
  expect(isSame(draft, { ...draft, allow: " a.example\n\n*.b.example:443 " })).toBe(true);
  expect(isSame(draft, { ...draft, allow: "a.example" })).toBe(false);
  for (const mode of MODE_NAMES) expect(NetworkPolicy.safeParse(policyOf({ ...draft, mode })).error).toBe(undefined);
  expect(policyOf({ ...draft, mode: "open" })).toMatchObject({ allow: [], allow_cidrs: [], deny: ["c.b.example"] });
  expect(MODE_NAMES.map((mode) => listsOf(mode).length)).toEqual([3, 5, 1]);
});

test("what is wrong with a list is said where it is, and quotes the entry", () => {
  const draft = { ...EMPTY, mode: "restricted", allow: "good.example\na b\n10.0.0.1", host_ports: "80 http" } as const;
  const issues = (what: string, schema: typeof PatchNetwork | typeof NetworkPolicy, value: unknown) =>
    (schema.safeParse(value).error?.issues ?? []).map(({ path, message }) => ({ at: [what, ...path].join("."), message }));
  const faults = faultsIn(issues("body", PatchNetwork, policyOf(draft)), draft);
  expect(Object.keys(faults)).toEqual(["allow", "host_ports"]);
  expect(faults.allow).toMatch(/^“10.0.0.1”: give a name/);
  expect(faults.host_ports).toBe("“http”: give the number of a port, 1 to 65535");
  expect(faultsIn(issues("network", NetworkPolicy, { mode: "open", allow: ["a.example"] }), draft).allow).toMatch(/^goes with mode/);
  expect(
    faultsIn(
      [
        { at: "body.network.deny.0", message: "no" },
        { at: "body.name", message: "no" },
      ],
      { ...EMPTY, deny: "x" },
    ),
  ).toEqual({
    deny: "“x”: no",
  });
});

test("what allows something is added to what is written", () => {
  const draft = { ...EMPTY, mode: "off", host_ports: "80" } as const;
  expect(policyOf(withRemedy(draft, { mode: "restricted", list: "allow", entry: "a.example:443" }))).toMatchObject({
    mode: "restricted",
    allow: ["a.example:443"],
  });
  expect(policyOf(withRemedy(draft, { mode: "off", list: "host_ports", entry: "3000" })).host_ports).toEqual([80, 3000]);
});

test.each([
  [{ name: "a.example", address: null, port: null, protocol: "dns" }, "a.example, DNS"],
  [{ name: "a.example", address: "93.184.215.1", port: 443, protocol: "tcp" }, "a.example:443"],
  [{ name: "a.example", address: "10.0.0.1", port: null, protocol: "dns" }, "a.example (10.0.0.1), DNS"],
  [{ name: null, address: "2606:4700::1", port: 443, protocol: "tcp" }, "[2606:4700::1]:443"],
  [{ name: null, address: "93.184.215.1", port: 443, protocol: "udp" }, "93.184.215.1:443, UDP"],
  [{ name: null, address: null, port: null, protocol: "any" }, "somewhere, ANY"],
])("%j is %s", (refused, words) => {
  expect(whereTo(refused)).toBe(words);
});

test("how many of the refusals a policy would allow", () => {
  const [allowed, refused] = [{ still: null }, { still: { rule: "allow", reason: "" } }] as never[];
  expect(sumOf([allowed!, refused!])).toBe("Of the 2 things that were refused, this policy would allow 1.");
  expect(sumOf([refused!])).toBe("Of the one thing that was refused, this policy would allow none.");
  expect(sumOf([allowed!, allowed!])).toBe("Of the 2 things that were refused, this policy would allow all.");
});

test("what goes with a computer is said before it is deleted", () => {
  const nobody = { cdp: 0, viewers: 0, terminals: 0, commands: 0 };
  const bare = goesWith({ connections: nobody, workspace_used_bytes: 0, recordings: [], published_ports: [] });
  expect(bare).toHaveLength(2);
  const all = goesWith({
    connections: { ...nobody, viewers: 2 },
    workspace_used_bytes: 1_200_000,
    recordings: ["rec_a", "rec_b"],
    published_ports: [{ port: 3000 } as never],
  }).join(" ");
  for (const words of ["1.2 MB", "(3000)", "2 viewers", "2 recordings stay"]) expect(all).toContain(words);
  expect(connectedToAll([{ connections: { ...nobody, viewers: 2 } }, { connections: { ...nobody, viewers: 1, cdp: 1 } }])).toBe(
    "1 CDP client, 3 viewers",
  );
});

test("what the form of a new link asks for is what the API takes, and is named as it was asked for", () => {
  for (const power of Object.keys(POWERS) as (keyof typeof POWERS)[])
    for (const ttl_s of Object.keys(LINK_LIVES)) {
      const link = CreateLink.parse(linkInputOf(form({ power, ttl_s, one_time: "on" })));
      expect(powerWords({ port: null, ...link, read_only: link.read_only ?? false })).toBe(`${POWERS[power]}, once`);
    }
  expect(powerWords({ power: "port", port: 3000, read_only: false, one_time: false })).toBe("open port 3000");
});

const event = (type: Event["type"], data: Event["data"] = {}): Event => ({
  id: 1,
  at: "2026-01-01T00:00:00Z",
  type,
  computer_id: "cmp_a",
  actor: null,
  data,
});

test("every event but those for auditors is told", () => {
  expect([...TELLABLE, "audit"].sort()).toEqual([...EventTypes].sort());
  for (const type of TELLABLE) expect(tell(event(type)), type).toMatch(/\S/);
});

test.each([
  ["exec", { program: "ls", exit_code: 0, duration_ms: 1234 }, "ls ended with 0 after 1.2 s"],
  ["exec", { program: "ls", exit_code: null, signal: "SIGKILL", duration_ms: 100 }, "ls was ended by SIGKILL after 0.1 s"],
  ["exec", { program: "ls", timed_out: true, duration_ms: 30_000 }, "ls ran out of time after 30.0 s"],
  ["exec", { program: "ls", error: "guest_link_lost" }, "ls failed: guest_link_lost"],
  ["computer.status", { status: "running", ready_ms: 800 }, "Is running, ready after 0.8 s"],
  ["computer.status", { status: "error", reason: "the disk" }, "Is error: the disk"],
  ["action", { action: "click", title: "Click at 1, 2", ok: true }, "Click at 1, 2"],
  ["action", { action: "navigate", ok: false, error: { message: "no such name" } }, "navigate failed: no such name"],
  [
    "egress.refused",
    { name: "evil.example", port: 443, reason: "not allowed", count: 3 },
    "A connection to evil.example:443 was refused: not allowed (3 times)",
  ],
  ["page.navigated", { url: "https://a.example/", title: "A" }, "Went to “A”, https://a.example/"],
  ["page.navigated", { url: "https://a.example/", count: 3 }, "Went to https://a.example/ (3 times)"],
  ["page.navigated", { url: null, title: "Further pages", count: 9 }, "Further pages (9 times)"],
  [
    "page.console",
    { level: "error", text: "no such thing", url: "https://a.example/", line: 3, count: 2 },
    "Error in the console: no such thing (https://a.example/:3) (2 times)",
  ],
  ["page.console", { level: "warning", text: "careful" }, "Warning in the console: careful"],
  ["download.started", { name: "a.pdf", url: "https://a.example/f" }, "A download of a.pdf began, from https://a.example/f"],
  ["download.finished", { name: "a.pdf", size_bytes: 5, status: "completed" }, "The download of a.pdf ended, 5 B"],
  ["download.finished", { name: "a.pdf", size_bytes: 5, status: "canceled" }, "The download of a.pdf was broken off"],
  ["download.finished", { name: null, count: 9 }, "Further downloads ended (9 times)"],
  [
    "egress.refused",
    { name: "evil.example", port: null, protocol: "dns", reason: "not allowed" },
    "The question for evil.example was refused: not allowed",
  ],
  ["computer.progress", { message: "Saving it", percent: 70 }, "Saving it (70 %)"],
  ["control.taken", { holder: "person", name: null }, "A person drives"],
  ["control.taken", { holder: "agent", name: "Bo" }, "Bo drives"],
] as const)("%s %j is told as %j", (type, data, words) => {
  expect(tell(event(type, data))).toBe(words);
});

test("trouble is told from the rest", () => {
  expect(isTrouble(event("egress.refused"))).toBe(true);
  expect(isTrouble(event("action", { ok: false }))).toBe(true);
  expect(isTrouble(event("action", { ok: true }))).toBe(false);
  expect(isTrouble(event("computer.status", { status: "error" }))).toBe(true);
  expect(isTrouble(event("page.console", { level: "error" }))).toBe(true);
  expect(isTrouble(event("page.console", { level: "warning" }))).toBe(false);
  expect(isTrouble(event("download.finished", { status: "canceled" }))).toBe(true);
  expect((["page.navigated", "page.console", "download.started", "exec"] as const).map((type) => isOf(event(type), "page"))).toEqual([
    true,
    true,
    true,
    false,
  ]);
  expect((["all", "action", "exec", "trouble"] as const).map((kind) => isOf(event("process.started"), kind))).toEqual([
    true,
    false,
    true,
    false,
  ]);
});

test("each program has the address of the service", () => {
  for (const { name, text } of snippetsFor("https://vitrine.example")) expect(text, name).toContain("https://vitrine.example");
});

test("paths of files", () => {
  expect([joinPath("/", "a"), joinPath("/home/ohm", "a b")]).toEqual(["/a", "/home/ohm/a b"]);
  expect(trail("/")).toEqual([{ name: "/", path: "/" }]);
  expect(trail("/home/ohm").map(({ path }) => path)).toEqual(["/", "/home", "/home/ohm"]);
});

test("folders come first, and numbers in their own order", () => {
  const entry = (name: string, type: "file" | "directory") => ({ name, type }) as never;
  const mixed = [entry("b10", "file"), entry("b2", "file"), entry("z", "directory")];
  expect(inOrder(mixed).map(({ name }) => name)).toEqual(["z", "b2", "b10"]);
});

test.each([
  ["a.PNG", 1000, { kind: "image", type: "image/png" }],
  ["a.png", 20_000_000, null],
  ["a.svg", 1000, { kind: "text" }],
  ["Makefile", 0, { kind: "text" }],
  ["a.log", 5_000_000, null],
] as const)("%s of %d bytes is shown as %j", (name, size_bytes, preview) => {
  expect(previewOf({ name, size_bytes })).toEqual(preview);
});

test("bytes are text only when they are", () => {
  const bytes = (...values: number[]) => new Uint8Array(values).buffer;
  expect([textOf(bytes(0xc3, 0xa9)), textOf(bytes(0xc3)), textOf(bytes(65, 0)), textOf(bytes())]).toEqual(["é", null, null, ""]);
});

test("loads are between two looks", () => {
  const look = (cpu_s: number) => [{ computer_id: "a", cpu_s, memory_mb: 300 }];
  const between = (before: number, now: number) => loadsOf(look(before), look(now), 5).get("a");
  expect(between(10, 12.5)).toEqual({ cpu: 0.5, memoryMb: 300 });
  expect(between(10, 1)).toEqual({ cpu: null, memoryMb: 300 });
  expect(loadsOf([], look(3), 5).get("a")).toEqual({ cpu: null, memoryMb: 300 });
  expect(loadWords({ cpu: 0.123, memoryMb: 300 })).toBe("12 % of a core, 300 MiB in use");
  expect(loadWords({ cpu: null, memoryMb: 300 })).toBe("300 MiB in use");
});
