import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { computer, json, refuse } from "../client/service.ts";
import { vitrine } from "./command-line.ts";
import { serving } from "./serving.ts";

const { serve, service } = serving({ "GET /v1/computers/einstein": (_, answer) => json(answer, computer()) });
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "vitrine-cli-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const C = "/v1/computers/cmp_abcdefghijkl";
const bodies = () =>
  service()
    ?.seen.filter((s) => s.body.length > 0)
    .map((s) => JSON.parse(s.body.toString()));
const exit = (fields: object) =>
  `event: exit\ndata: ${JSON.stringify({ exit_code: 0, signal: null, timed_out: false, truncated: false, duration_ms: 1, ...fields })}\n\n`;

test("create sends what was given and nothing else", async () => {
  await serve({ "POST /v1/computers": (_, answer) => json(answer, computer(), 201) });
  expect((await vitrine(["computer", "create"])).code).toBe(0);
  const args =
    "--template scratch --name bohr --vcpus 4 --ram-mb 1024 --disk-size-mb 9000 --workspace-snapshot snp_aaaaaaaaaaaa --viewport 800x600 --headless --record-video --url https://example.com --host-port 80 --host-port 81 --publish 8000 --ttl 60 --idle-timeout 30 --idle-action delete --env A=1 --env B=x=y --metadata k=v";
  const made = await vitrine(["computer", "create", ...args.split(" ")]);
  expect(bodies()).toEqual([
    {},
    {
      template: "scratch",
      name: "bohr",
      vcpus: 4,
      ram_mb: 1024,
      disk_size_mb: 9000,
      workspace_snapshot: "snp_aaaaaaaaaaaa",
      browser: { viewport: { width: 800, height: 600 }, url: "https://example.com", mode: "headless" },
      network: { host_ports: [80, 81] },
      published_ports: [8000],
      record_video: true,
      ttl_s: 60,
      idle_timeout_s: 30,
      idle_action: "delete",
      env: { A: "1", B: "x=y" },
      metadata: { k: "v" },
    },
  ]);
  expect(made.stdout).toContain(computer().live_url);
  expect(made.stderr).toContain("computer: creating");
});

test("network shows the policy and what went where; with options, it changes what was given", async () => {
  const policy = { mode: "restricted", allow: ["a.test"], deny: [], allow_cidrs: [], deny_cidrs: [], host_ports: [80] };
  const network = { policy, traffic: [{ name: "a.test", connections: 2, sent_bytes: 10, received_bytes: 20 }] };
  await serve({
    "GET /v1/computers/einstein": (_, answer) => json(answer, computer()),
    [`GET ${C}/network`]: (_, answer) => json(answer, network),
    [`PATCH ${C}/network`]: (_, answer) => json(answer, network),
  });
  const shown = await vitrine(["computer", "network", "einstein"]);
  expect(shown.stdout).toBe(
    "mode        restricted\nallow       a.test\nhost_ports  80\nNAME    CONNECTIONS  SENT  RECEIVED\na.test  2            10    20\n",
  );
  const args = [
    "--mode",
    "restricted",
    "--allow",
    "a.test",
    "--allow",
    "*.b.test:443",
    "--deny",
    "",
    "--allow-cidr",
    "10.1.0.0/16",
    "--host-port",
    "",
  ];
  expect((await vitrine(["computer", "network", "einstein", ...args])).code).toBe(0);
  const sent = service()
    ?.seen.filter(({ method }) => method === "PATCH")
    .map(({ body }) => JSON.parse(String(body)));
  expect(sent).toEqual([{ mode: "restricted", allow: ["a.test", "*.b.test:443"], deny: [], allow_cidrs: ["10.1.0.0/16"], host_ports: [] }]);
});

test("Ctrl-C during create deletes what was begun, and fails silently", async () => {
  const asked = Promise.withResolvers<void>();
  await serve({
    "POST /v1/computers": ({ query }, answer) => (query.wait === "0" ? json(answer, computer(), 201) : asked.resolve()),
    [`DELETE ${C}`]: (_, answer) => json(answer, computer({ status: "deleted" })),
  });
  const abort = new AbortController();
  const creating = vitrine(["--json", "computer", "create"], { signal: abort.signal });
  await asked.promise;
  abort.abort();
  expect(await creating).toMatchObject({ code: 1, stdout: "", stderr: "" });
  expect(service()?.requests().at(-1)).toBe(`DELETE ${C}`);
});

test("list prints a table, --json the records; terminal controls do not get through", async () => {
  const evil = computer({ name: "bohr", template: "\u001b]0;owned\u0007" as "browser" });
  await serve({ "GET /v1/computers": (_, answer) => json(answer, { data: [computer(), evil], next_cursor: null }) });
  const human = await vitrine(["computer", "list", "--status", "running"]);
  expect(human.stdout.split("\n")[0]).toMatch(/^NAME +ID +STATUS/);
  expect(human.stdout).toContain("einstein  cmp_abcdefghijkl  running");
  expect(human.stdout).not.toContain("\u001b");
  expect(service()?.seen[0]?.query).toEqual({ status: "running", limit: "200" });
  expect(JSON.parse((await vitrine(["computer", "list", "--json"])).stdout)).toHaveLength(2);
});

test("run streams both outputs and ends with the command's exit code", async () => {
  await serve({
    [`POST ${C}/exec/stream`]: (_, answer) =>
      void answer.end(`event: stdout\ndata: {"data":"out\\n"}\n\nevent: stderr\ndata: {"data":"err\\n"}\n\n${exit({ exit_code: 7 })}`),
  });
  expect(await vitrine(["computer", "run", "einstein", "exit 7", "--timeout", "5", "--user", "root", "--cwd", "/tmp"])).toMatchObject({
    code: 7,
    stdout: "out\n",
    stderr: "err\n",
  });
  await vitrine(["computer", "run", "-i", "einstein", "--", "ls", "-la"], { stdin: "typed" });
  expect(bodies()).toEqual([
    { command: "exit 7", timeout_s: 5, user: "root", cwd: "/tmp" },
    { argv: ["ls", "-la"], timeout_s: 30, stdin: "typed" },
  ]);
});

test.each([
  [{ exit_code: null, signal: "SIGKILL" }, 137],
  [{ exit_code: null, signal: "TERM" }, 143],
  [{ exit_code: null, signal: "SIGTERM", timed_out: true }, 124],
])("run says %j as %i", async (fields, code) => {
  await serve({ [`POST ${C}/exec/stream`]: (_, answer) => void answer.end(exit(fields)) });
  expect((await vitrine(["computer", "run", "einstein", "x"])).code).toBe(code);
});

test("run starts a stopped computer first", async () => {
  await serve({
    "GET /v1/computers/einstein": (_, answer) => json(answer, computer({ status: "stopped" })),
    [`POST ${C}/start`]: (_, answer) => json(answer, computer()),
    [`POST ${C}/exec`]: (_, answer) => json(answer, { exit_code: 0, stdout: "hi", stderr: "" }),
  });
  const { code, stdout } = await vitrine(["--json", "computer", "run", "einstein", "echo hi"]);
  expect({ code, result: JSON.parse(stdout) }).toMatchObject({ code: 0, result: { stdout: "hi" } });
  expect(service()?.requests()).toEqual(["GET /v1/computers/einstein", `POST ${C}/start`, `POST ${C}/exec`]);
});

test.each([
  [["screenshot", "einstein"], `GET ${C}/screenshot`],
  [["act", "einstein", "click", "1", "2"], `POST ${C}/actions`],
  [["record", "start", "einstein"], "POST /v1/computers/einstein/recordings"],
])("%j of a computer that does not run says how to start it", async (args, route) => {
  let status = "restorable";
  await serve({ [route]: (_, answer) => refuse(answer, "wrong_state", { status, verb: "it", needs: "running" }) });
  const { code, stderr } = await vitrine(["computer", ...args]);
  expect([code, stderr]).toEqual([
    1,
    "vitrine: The computer is restorable; it needs it to be running. Start it with `vitrine computer start`.\n",
  ]);
  status = "creating";
  expect((await vitrine(["computer", ...args])).stderr).not.toContain("start`");
});

test("an error is the service's sentence and exit code 1; wrong use is 2", async () => {
  await serve({ "GET /v1/computers/nobody": (_, answer) => refuse(answer, "computer_not_found", { id: "nobody" }) });
  expect(await vitrine(["computer", "get", "nobody"])).toMatchObject({
    code: 1,
    stderr: "vitrine: No computer nobody. List them with GET /v1/computers.\n",
  });
  const asJson = await vitrine(["computer", "get", "nobody", "--json"]);
  expect(JSON.parse(asJson.stderr)).toMatchObject({ error: { code: "computer_not_found", details: { id: "nobody" } } });
  for (const args of [
    ["computer", "create", "--viewport", "wide"],
    ["computer", "nonsense"],
    ["computer", "get"],
    ["computer", "cp", "a", "b"],
    ["--nope"],
  ])
    expect((await vitrine(args)).code, args.join(" ")).toBe(2);
  for (const [args, message] of [
    [["computer", "nonsense", "--json"], "unknown command 'nonsense'"],
    [["--json", "computer", "get"], "missing required argument 'name'"],
    [["computer", "--json"], "Give a command; --help lists them."],
    [["computer", "cp", "a", "b", "--json"], "Give one of the two as NAME:path; the other is on this machine."],
  ] as const) {
    const { code, stderr } = await vitrine([...args]);
    expect([code, JSON.parse(stderr)], args.join(" ")).toEqual([2, { error: { code: "usage", message } }]);
  }
  expect(await vitrine(["--version"])).toMatchObject({ code: 0 });
  await service()?.close();
  expect(await vitrine(["computer", "list"])).toMatchObject({ code: 1, stderr: expect.stringContaining("cannot be reached") });
  vi.stubEnv("VITRINE_URL", "nonsense");
  expect(await vitrine(["computer", "list"])).toMatchObject({ code: 2, stderr: expect.stringContaining("not an http or https URL") });
});

test("capacity shows what there is, and how many more computers fit", async () => {
  const room = { total: 8, used: 5, free: 3 };
  const capacity = {
    computers: room,
    ram_mb: room,
    vcpus: room,
    disk_mb: room,
    fits: 1,
    limited_by: "ram",
    queue: { running: 2, waiting: 4, max_running: 2, max_waiting: 8 },
  };
  await serve({ "GET /v1/capacity": (_, answer) => json(answer, capacity) });
  const { stdout } = await vitrine(["capacity"]);
  expect(stdout).toMatch(/RAM \(MiB\) +8 +5 +3/);
  expect(stdout).toContain("1 more of the default size fit; ram runs out first. 4 creates and starts wait.");
  expect(JSON.parse((await vitrine(["capacity", "--json"])).stdout)).toEqual(capacity);
});

test("stop, start, delete", async () => {
  await serve({
    [`POST ${C}/stop`]: (_, answer) => json(answer, computer({ status: "stopped" })),
    [`POST ${C}/start`]: (_, answer) => json(answer, computer()),
    "DELETE /v1/computers/einstein": (_, answer) => json(answer, computer({ status: "deleted" })),
    "DELETE /v1/computers/bohr": (_, answer) => json(answer, computer({ status: "deleted" })),
  });
  expect((await vitrine(["computer", "stop", "einstein", "--mode", "shutdown"])).stdout).toBe("einstein is stopped.\n");
  expect(bodies()).toEqual([{ mode: "shutdown" }]);
  expect(JSON.parse((await vitrine(["computer", "start", "einstein", "--json"])).stdout)).toEqual(computer());
  expect((await vitrine(["computer", "delete", "einstein", "bohr"])).code).toBe(0);
  expect(service()?.requests().slice(-2)).toEqual(["DELETE /v1/computers/einstein", "DELETE /v1/computers/bohr"]);
});

test("screenshot saves the image, or writes it to standard output", async () => {
  const png = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0xff, 0x00]);
  await serve({ [`GET ${C}/screenshot`]: (_, answer) => void answer.end(png) });
  const file = join(folder, "f.png");
  expect((await vitrine(["computer", "screenshot", "einstein", "-o", file])).stdout).toBe(`${file}\n`);
  expect(await readFile(file)).toEqual(png);
  expect((await vitrine(["computer", "screenshot", "einstein", "-o", "-"])).bytes).toEqual(png);
});

test("screenshot asks for what its options say, in the format that the file's name ends with", async () => {
  await serve({ [`GET ${C}/screenshot`]: (_, answer) => void answer.end("image") });
  const command = ["computer", "screenshot", "einstein"];
  const file = join(folder, "f.JPG");
  await vitrine([...command, "-o", file, "--scale", "0.5", "--region", "1,2,30,40", "--quality", "70", "--no-cursor"]);
  await vitrine([...command, "-o", file, "--format", "webp"]);
  const asked = service()
    ?.seen.filter(({ path }) => path.endsWith("/screenshot"))
    .map(({ query }) => query);
  expect(asked).toEqual([
    { format: "jpeg", scale: "0.5", region: "1,2,30,40", quality: "70", cursor: "0" },
    { format: "webp", cursor: "1" },
  ]);
  expect((await vitrine([...command, "--region", "1,2"])).code).toBe(2);
  expect((await vitrine([...command, "--format", "gif"])).code).toBe(2);
});

test("open prints the live view", async () => {
  vi.stubEnv("DISPLAY", "");
  vi.stubEnv("WAYLAND_DISPLAY", "");
  await serve({ "GET /v1/computers/bare": (_, answer) => json(answer, computer({ live_url: null })) });
  expect((await vitrine(["computer", "open", "einstein"])).stdout).toBe(`${computer().live_url}\n`);
  expect(await vitrine(["computer", "open", "bare"])).toMatchObject({ code: 1, stderr: expect.stringContaining("no display") });
});

test("browser prints the URLs; with --rm it waits for Ctrl-C and deletes", async () => {
  await serve({
    "POST /v1/computers": (_, answer) => json(answer, computer(), 201),
    [`DELETE ${C}`]: (_, answer) => json(answer, computer({ status: "deleted" })),
  });
  const kept = await vitrine(["browser", "example.com", "--headless"]);
  expect(kept.stdout).toMatch(/cdp_url +http.*\nlive_url +http/);
  expect(bodies()?.[0]).toEqual({ browser: { url: "https://example.com", mode: "headless" } });
  expect(service()?.requests()).not.toContain(`DELETE ${C}`);

  const abort = new AbortController();
  setTimeout(() => abort.abort(), 100);
  expect((await vitrine(["browser", "about:blank", "--rm"], { signal: abort.signal })).code).toBe(0);
  expect(service()?.requests().at(-1)).toBe(`DELETE ${C}`);
});

test("cp takes a file in, into a folder that is there, and out again", async () => {
  await serve({
    [`GET ${C}/files/stat`]: ({ query }, answer) =>
      query.path === "/home/ohm/in"
        ? json(answer, { type: "directory" })
        : query.path === "/home/ohm/f"
          ? json(answer, { type: "file" })
          : refuse(answer, "file_not_found", query),
    [`PUT ${C}/files`]: (_, answer) => void answer.writeHead(204).end(),
    [`GET ${C}/files`]: (_, answer) => void answer.end("from the guest"),
  });
  const file = join(folder, "a.txt");
  await writeFile(file, "from the host");
  for (const target of ["einstein:in", "einstein:/new.txt", "einstein:/dir/"])
    expect((await vitrine(["computer", "cp", file, target])).code).toBe(0);
  const puts = service()?.seen.filter((s) => s.method === "PUT");
  expect(puts?.map((s) => [s.query.path, s.body.toString()])).toEqual(
    ["/home/ohm/in/a.txt", "/new.txt", "/dir/a.txt"].map((path) => [path, "from the host"]),
  );
  expect((await vitrine(["computer", "cp", "einstein:f", folder])).code).toBe(0);
  expect(await readFile(join(folder, "f"), "utf8")).toBe("from the guest");
  expect((await vitrine(["computer", "cp", "einstein:f", "-"])).stdout).toBe("from the guest");
  expect(await vitrine(["computer", "cp", folder, "einstein:x"])).toMatchObject({ code: 2, stderr: expect.stringContaining("-r") });
});

test("cp -r takes folders in and out by archive, and refuses what is there or is no plain file", async () => {
  let uploaded: Buffer = Buffer.alloc(0);
  await serve({
    [`GET ${C}/files/stat`]: ({ query }, answer) =>
      query.path === "/home/ohm/up" && uploaded.length === 0
        ? refuse(answer, "file_not_found", query)
        : json(answer, { type: "directory" }),
    [`PUT ${C}/files/archive`]: ({ body }, answer) => {
      uploaded = body;
      answer.writeHead(204).end();
    },
    [`POST ${C}/files/move`]: (_, answer) => void answer.writeHead(204).end(),
    [`GET ${C}/files/archive`]: (_, answer) => void answer.end(uploaded),
  });
  const source = join(folder, "source");
  await mkdir(join(source, "deep"), { recursive: true });
  await writeFile(join(source, "deep", "f"), "content");
  await symlink("deep/f", join(source, "link"));
  expect((await vitrine(["computer", "cp", "-r", source, "einstein:up"])).code).toBe(0);
  // It comes there whole.
  const moved = JSON.parse(String(service()?.seen.at(-1)?.body));
  expect(moved).toEqual({ from: expect.stringMatching(/^\/home\/ohm\/\.vitrine-cp-/), to: "/home/ohm/up", overwrite: false });
  expect(service()?.seen.find(({ method }) => method === "PUT")?.query).toEqual({ path: moved.from });
  const copy = join(folder, "copy");
  expect((await vitrine(["computer", "cp", "-r", "einstein:up", copy])).code).toBe(0);
  expect(await readFile(join(copy, "link"), "utf8")).toBe("content");
  expect((await vitrine(["computer", "cp", "-r", "einstein:up", join(copy, "deep", "f")])).code).toBe(2);

  spawnSync("mkfifo", [join(source, "pipe")]);
  uploaded = spawnSync("tar", ["-czf", "-", "-C", source, "."]).stdout;
  expect(await vitrine(["computer", "cp", "-r", "einstein:up", join(folder, "evil")])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("special file"),
  });
  uploaded = Buffer.from("not an archive");
  expect((await vitrine(["computer", "cp", "-r", "einstein:up", join(folder, "broken")])).code).toBe(1);
  const left = spawnSync("ls", ["-A", folder], { encoding: "utf8" }).stdout.trim().split("\n");
  expect(left).toEqual(["copy", "source"]);
});

describe("act", () => {
  const act = (...args: string[]) => vitrine(["computer", "act", "einstein", ...args]);
  const answer = (results: object[]) => ({
    [`POST ${C}/actions`]: (_: unknown, response: Parameters<typeof json>[0]) => json(response, { results }),
  });

  test.each<[string, object]>([
    ["click 100 200", { type: "click", x: 100, y: 200 }],
    ["click --button right --count 2 --hold ctrl,shift", { type: "click", button: "right", count: 2, keys: ["ctrl", "shift"] }],
    ["scroll 0 -300 --at 5,6", { type: "scroll", dx: 0, dy: -300, x: 5, y: 6 }],
    [
      "drag 1 2 3 4 5 6 --duration-ms 50",
      {
        type: "drag",
        path: [
          [1, 2],
          [3, 4],
          [5, 6],
        ],
        duration_ms: 50,
      },
    ],
    ["type hello --delay-ms 5", { type: "type", text: "hello", delay_ms: 5 }],
    ["key ctrl+s --repeat 3", { type: "key", keys: ["ctrl+s"], repeat: 3 }],
    ["hold_key shift a 500", { type: "hold_key", keys: ["shift", "a"], duration_ms: 500 }],
    ["zoom 1 2 30 40", { type: "zoom", region: { x: 1, y: 2, width: 30, height: 40 } }],
    ["navigate example.com", { type: "navigate", url: "example.com" }],
    ["cursor_position", { type: "cursor_position" }],
  ])("%s", async (line, action) => {
    await serve(answer([{ type: "x", ok: true }]));
    expect(await act(...line.split(" "))).toMatchObject({ code: 0, stderr: "" });
    expect(bodies()).toEqual([{ actions: [action] }]);
  });

  test("what it answers is printed, and its picture kept", async () => {
    const picture = { media_type: "image/png", data: Buffer.from("PNG").toString("base64"), width: 1, height: 1, hash: "h" };
    await serve(
      answer([
        { type: "clipboard_get", ok: true, text: "copied\u001b[2J" },
        { type: "screenshot", ok: true, screenshot: picture },
      ]),
    );
    const file = join(folder, "f.png");
    expect((await act("screenshot", "-o", file)).stdout).toBe(`copied\ufffd[2J\n${file}\n`);
    expect(await readFile(file, "utf8")).toBe("PNG");
    expect((await act("screenshot", "-o", "-")).stdout).toBe("PNG");
  });

  test("a list of actions comes on standard input, and a failure among them is the exit code's", async () => {
    await serve(
      answer([
        { type: "wait", ok: true },
        { type: "paste", ok: false, error: { code: "not_pasted", message: "Nothing took it." } },
      ]),
    );
    const list = [
      { type: "wait", ms: 1 },
      { type: "paste", text: "x" },
    ];
    const done = await vitrine(["computer", "act", "einstein", "-", "--after", "--wait"], { stdin: JSON.stringify(list) });
    expect(done).toMatchObject({ code: 1, stderr: "vitrine: paste: Nothing took it.\n" });
    expect(bodies()).toEqual([{ actions: list, screenshot: "after", if_controlled: "wait" }]);
  });

  test("a model's call goes through as it is", async () => {
    await serve({ [`POST ${C}/actions`]: (_, response) => json(response, { type: "computer_call_output" }) });
    const call = { type: "computer_call", call_id: "c1", action: { type: "click", x: 1, y: 2, button: "left" } };
    const done = await vitrine(["computer", "act", "einstein", "-", "--dialect", "openai"], { stdin: JSON.stringify(call) });
    expect(JSON.parse(done.stdout)).toEqual({ type: "computer_call_output" });
    expect(bodies()).toEqual([{ dialect: "openai", ...call }]);
  });

  test.each([
    ["fly", "There is no action fly"],
    ["click 1", "Give Y as a whole number"],
    ["scroll up", "not up"],
    ["-", "not JSON"],
    ["click --dialect openai", "--dialect goes with -"],
  ])("%s is wrong use", async (line, words) => {
    await serve({});
    const done = await act(...line.split(" "));
    expect(done.code).toBe(2);
    expect(done.stderr).toContain(words);
  });
});
