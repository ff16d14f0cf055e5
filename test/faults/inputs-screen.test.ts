import { once } from "node:events";
import { realpathSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { WebSocket } from "ws";
import type { Computer, Power } from "../../src/client/index.ts";
import { AGENT_PORT, DIRECT_PORTS, RFB_PORT } from "../../src/contract/guest/protocol.ts";
import { encodeFrame, OPCODE } from "../../src/server/relay/ws-frames.ts";
import { commandLine, fdsOf, listeners, processesIn } from "../support/machine-processes.ts";
import { rawRequest, UPGRADE } from "../support/raw-request.ts";
import { fault } from "./fault.ts";
import { startedService } from "./started-service.ts";
import { all, type Try } from "./tries.ts";

const STALL_S = 3;
const MAX_MESSAGE = 1024 ** 2;
/** What Chromium is asked to say to a client that does not listen. */
const FLOOD_MB = 200;

const service = await startedService({
  VITRINE_RAM_FACTOR: "2",
  VITRINE_LOG_LEVEL: "debug",
  VITRINE_STALL_TIMEOUT_S: String(STALL_S),
  VITRINE_MAX_MESSAGE_BYTES: String(MAX_MESSAGE),
});
/** One with a browser and a display, and its neighbour. */
let ada: Computer;
let bob: Computer;
beforeAll(async () => {
  ada = await service.vitrine.computers.create({
    name: "ada",
    published_ports: [8000],
    browser: { viewport: { width: 800, height: 600 } },
  });
  bob = await service.vitrine.computers.create({ name: "bob", template: "scratch", ram_mb: 512 });
});
afterAll(async () => {
  for (const one of [ada, bob]) await one?.delete();
});

/** A WebSocket that is open. Throws with what was answered instead. */
const open = async (url: string): Promise<WebSocket> => {
  const ws = new WebSocket(url);
  const refused = once(ws, "unexpected-response").then(async ([, response]) => {
    throw new Error(`refused: ${Buffer.concat(await response.toArray())}`);
  });
  await Promise.race([once(ws, "open"), refused]);
  refused.catch(() => {});
  return ws;
};
const displayUrl = async (power: "view" | "control") => (await ada.links.create(power)).ws_url!;

/** A page of Chromium's that keeps what the keyboard and the mouse do to it. */
const watched = async (work: (page: Page, heard: () => Promise<string[]>) => Promise<string>): Promise<string> => {
  const browser = await ada.connectPlaywright({ timeout: 120_000 });
  try {
    const page = browser.contexts()[0]!.pages()[0]!;
    await page.setContent(`<textarea autofocus style="position:fixed;inset:0;width:100%;height:100%"></textarea><script>
      heard = [];
      for (const kind of ["mousedown", "keydown", "keyup"]) addEventListener(kind, (event) => heard.push(kind + " " + (event.key ?? event.button)), true);
    </script>`);
    return await work(page, () => page.evaluate("heard"));
  } finally {
    await browser.close();
  }
};

/** A client of RFB by hand, which says these messages and then asks for a picture, so that all of them have passed when it comes. */
const sayRfb = async (url: string, ...messages: Buffer[]): Promise<void> => {
  const ws = await open(url);
  let size = 0;
  ws.on("message", (data: Buffer) => {
    size += data.length;
  });
  const ask = async (said: Buffer) => {
    size = 0;
    ws.send(Buffer.concat([said, Buffer.from([3, 0, 0, 0, 0, 0, 0, 32, 0, 32])]));
    await expect.poll(() => size, { timeout: 30_000 }).toBeGreaterThan(32 * 32);
  };
  try {
    await ask(Buffer.concat([Buffer.from("RFB 003.008\n"), Buffer.from([1, 1])]));
    await ask(Buffer.concat(messages));
  } finally {
    ws.terminate();
  }
};
const pointer = (buttons: number, x: number, y: number) => Buffer.from([5, buttons, x >> 8, x & 255, y >> 8, y & 255]);
const keyOf = (down: 0 | 1, keysym: number) => Buffer.from([4, down, 0, 0, 0, 0, keysym >> 8, keysym & 255]);

fault(
  {
    id: "B4",
    what: "tokens in logs, errors, redirects, Referer, arguments; key and pointer messages on a view link",
    expected: "in none of them; dropped by the service",
  },
  async () => {
    const powers: Power[] = ["cdp", "view", "control", "files", "port"];
    const links = await Promise.all(powers.map((power) => ada.links.create(power, power === "port" ? { port: 8000 } : {})));
    const tokens = links
      .map(({ token }) => token)
      .concat([ada.cdp_url!, ada.live_url!].map((url) => new URL(url).searchParams.get("token")!));
    const secrets = [...tokens.map((token) => token.split(".")[1]!), service.apiKey];
    const said: string[] = [];
    let redirects = 0;
    for (const token of tokens) {
      const paths = ["/cdp/json/version", "/cdp", "/display", "/files?path=/etc/hostname", "/files/stat", "/nothing", ""];
      const tries = paths.map((path): [string, object] => [`/v1/computers/${ada.id}${path}`, path.endsWith("y") ? UPGRADE : {}]);
      const Host = `8000-ada.localhost:${new URL(service.url).port}`;
      tries.push(
        [`/live/${ada.id}`, {}],
        ["/nowhere", {}],
        ["/", { Host, Accept: "text/html" }],
        ["/", { Host, "X-Vitrine-Token": token }],
      );
      for (const [path, headers] of tries) {
        const answer = await rawRequest(service.url, `${path}${path.includes("?") ? "&" : "?"}token=${token}`, { headers: { ...headers } });
        // An upgrade is no page that leads on.
        if (headers !== UPGRADE) expect(answer.headers["referrer-policy"], path).toBe("no-referrer");
        if (answer.headers.location) redirects++;
        // A cookie is its receiver's, and what DevTools says to who holds the link for it has that link in it.
        const { "set-cookie": _, ...others } = answer.headers;
        said.push(JSON.stringify(others), answer.status < 400 ? "" : answer.body);
      }
    }
    expect(redirects).toBeGreaterThan(0);
    const places = {
      answers: said.join("\n"),
      log: service.log(),
      arguments: [service.pid(), ...service.processes()].map((pid) => commandLine(Number(pid)).join(" ")).join("\n"),
    };
    expect(places.log).toContain("/cdp/json/version");
    for (const [place, text] of Object.entries(places))
      for (const secret of secrets) expect(text.includes(secret), `a secret is in the ${place}`).toBe(false);

    return watched(async (_page, heard) => {
      const acts = [pointer(0, 300, 300), pointer(1, 300, 300), pointer(0, 300, 300), keyOf(1, 97), keyOf(0, 97)];
      await sayRfb(await displayUrl("view"), ...acts);
      expect(await heard()).toEqual([]);
      await sayRfb(await displayUrl("control"), ...acts);
      await expect.poll(heard, { timeout: 30_000 }).toEqual(["mousedown 0", "keydown a", "keyup a"]);
      return `${secrets.length} secrets in ${said.length / 2} answers, ${redirects} redirects, log and arguments: 0 found; view link: nothing came through, control link: all of it`;
    });
  },
);

/** What a server says first, if there is one. */
const greeting = async (port: number): Promise<string> => {
  const socket = connect({ host: "127.0.0.1", port });
  socket.on("error", () => {});
  socket.setTimeout(1000, () => socket.destroy());
  const closed = new Promise<string>((resolve) => socket.once("close", () => resolve("")));
  const said = new Promise<string>((resolve) => socket.once("data", (data) => resolve(String(data))));
  return Promise.race([said, closed]).finally(() => socket.destroy());
};

fault({ id: "B5", what: "VNC and DevTools from a neighbour, and from the host's ports", expected: "reachable from nowhere" }, async () => {
  const hosts = ["10.0.2.2", "10.0.2.15", "10.0.2.16", "198.18.0.1", "host.vitrine.internal", "127.0.0.1", "fd76:6974:7269:6e65::15"];
  const script = `for h in ${hosts.join(" ")}; do for p in ${[...DIRECT_PORTS, 5901, 6080].join(" ")}; do
    timeout 20 bash -c "exec 3<>/dev/tcp/$h/$p && head -c 3 <&3 | grep -q . && echo reached $h $p" 2>/dev/null; echo tried; done; done`;
  const scan = await bob.exec(script, { user: "root", timeout_s: 300 });
  const tried = scan.stdout.match(/tried/g)?.length;
  expect(tried).toBe(hosts.length * 4);
  expect(scan.stdout).not.toContain("reached");

  const machines = processesIn(join(realpathSync(service.dataDir), "computers"));
  expect(machines.length).toBeGreaterThan(1);
  const all = listeners();
  expect(all.filter(({ owners }) => owners.some((pid) => machines.includes(pid)))).toEqual([]);
  const own = all.filter(({ owners }) => owners.includes(service.pid())).map(({ port }) => port);
  expect(own).toEqual([Number(new URL(service.url).port)]);
  for (const port of [RFB_PORT, AGENT_PORT, ...own]) expect(await greeting(port)).not.toMatch(/^RFB/);
  // It is there, for who may.
  expect((await ada.exec(`head -c 3 < /dev/tcp/127.0.0.1/${RFB_PORT}`)).stdout).toBe("RFB");
  return `${tried} tries of a neighbour's root: 0 reached; ${machines.length} processes of machines listen on 0 ports, the service on its own`;
});

fault(
  {
    id: "B9",
    what: "actions off the screen, NaN, 1e308, unknown keys, 1 MB + 1 of text, drags of 0 and 10^6 points, button 99; a failure while a key is held",
    expected: "400 with the bounds, nothing done; keys let go of",
  },
  () =>
    watched(async (page, heard) => {
      const act = (what: string, actions: unknown): Try => [
        what,
        async () => {
          const { status, body } = await rawRequest(service.url, `/v1/computers/${ada.id}/actions`, {
            method: "POST",
            headers: { Authorization: `Bearer ${service.apiKey}` },
            body: typeof actions === "string" ? actions : JSON.stringify({ actions }),
          });
          const { error } = JSON.parse(body);
          if (/^[xy] of /.test(what)) expect(error.message, what).toContain("x is 0 to 799, y is 0 to 599");
          return `${status} ${error?.code}`;
        },
      ];
      const first = { type: "click", x: 1, y: 1 };
      const refused = await all("400 invalid_request", [
        act("x of the width", [first, { type: "move", x: 800, y: 0 }]),
        act("y of the height", [{ type: "click", x: 0, y: 600 }]),
        act("x of 16383", [
          first,
          {
            type: "drag",
            path: [
              [0, 0],
              [16383, 0],
            ],
          },
        ]),
        act("x<0", [first, { type: "move", x: -1, y: 0 }]),
        act("half a pixel", [{ type: "move", x: 0.5, y: 0 }]),
        act("NaN", '{"actions":[{"type":"move","x":"NaN","y":0}]}'),
        act("1e308", '{"actions":[{"type":"move","x":1e308,"y":0}]}'),
        act("x alone", [{ type: "click", x: 1 }]),
        act("an unknown key", [first, { type: "key", keys: ["Hyperspace"] }]),
        act("17 keys", [{ type: "key", keys: Array(17).fill("a") }]),
        act("1 MB + 1 of text", [{ type: "type", text: "a".repeat(1_000_001) }]),
        act("NUL", [{ type: "type", text: "a\0" }]),
        act("a drag of 0 points", [{ type: "drag", path: [] }]),
        act("a drag of 10^6 points", [{ type: "drag", path: Array(1_000_000).fill([1, 1]) }]),
        act("button 99", [{ type: "click", x: 1, y: 1, button: 99 }]),
        act("4 clicks", [{ type: "click", x: 1, y: 1, count: 4 }]),
        act("no action", []),
        act("101 actions", Array(101).fill(first)),
        act("an unknown action", [first, { type: "explode" }]),
        act("a region off the screen", [{ type: "zoom", region: { x: 700, y: 0, width: 101, height: 10 } }]),
        act("a wait of 10^9", [{ type: "wait", ms: 1e9 }]),
        act("a file URL", [first, { type: "navigate", url: "file:///etc/passwd" }]),
      ]);
      expect(await heard()).toEqual([]);
      const { results } = await ada.act([
        { type: "click", x: 400, y: 300 },
        { type: "key_down", key: "ctrl" },
        { type: "switch_tab", tab_id: "none" },
        { type: "type", text: "never" },
      ]);
      expect(results.map(({ ok, skipped }) => [ok, skipped ?? false])).toEqual([
        [true, false],
        [true, false],
        [false, false],
        [false, true],
      ]);
      await expect.poll(heard, { timeout: 30_000 }).toEqual(["mousedown 0", "keydown Control", "keyup Control"]);
      await ada.act([{ type: "type", text: "abc" }]);
      await expect.poll(() => page.inputValue("textarea"), { timeout: 30_000 }).toBe("abc");
      return `${refused}, nothing done; after a failure Control was let go of, and abc typed`;
    }),
);

/** With which code a socket is ended once these bytes have been written to it past the client library; or what it says instead. */
const endOf = async (url: string, bytes: Iterable<Buffer>): Promise<string> => {
  const ws = await open(url);
  ws.on("error", () => {});
  const ended = once(ws, "close").then(([code]) => String(code));
  const { _socket: socket } = ws as unknown as { _socket: Socket };
  for (const part of bytes) if (socket.writable && !socket.write(part)) await Promise.race([once(socket, "drain").catch(() => {}), ended]);
  const answer = new Promise<string>((resolve) => ws.on("message", (data, binary) => !binary && resolve(String(data))));
  const late = sleep(30_000, "nothing within 30 s", { ref: false });
  return Promise.race([ended, answer, late]).finally(() => ws.terminate());
};
const MASK = Buffer.from([1, 2, 3, 4]);
/** Head of a masked frame with its length field as it is given, and so much of a payload. */
const frame = (first: number, second: number, length: number[] = [], payload = 0) =>
  Buffer.concat([Buffer.from([first, 0x80 | second, ...length]), MASK, Buffer.alloc(payload)]);
function* times(count: number, part: Buffer, first: Buffer, last: Buffer = Buffer.alloc(0)): Generator<Buffer> {
  yield first;
  for (let i = 0; i < count; i++) yield part;
  yield last;
}

fault(
  {
    id: "B12",
    what: "WebSockets: bad keys and versions, frames of 2^63 and over the limit, floods of fragments, no UTF-8, no mask",
    expected: "400 before the upgrade; 1002, 1007, 1008 or 1009 after it; memory flat",
  },
  async () => {
    const cdp = ada.cdp_ws_url!;
    const control = await displayUrl("control");
    const within = (url: string) => url.slice(new URL(url).origin.length);
    const shake = (headers: Record<string, string>) =>
      [cdp, control].map(
        (url): Try => [
          `${JSON.stringify(headers)} at ${url.split("?")[0]}`,
          async () => String((await rawRequest(service.url, within(url), { headers: { ...UPGRADE, ...headers } })).status),
        ],
      );
    const refused = await all("400", [
      ...shake({ "Sec-WebSocket-Key": "short" }),
      ...shake({ "Sec-WebSocket-Key": "" }),
      ...shake({ "Sec-WebSocket-Key": `${"A".repeat(4000)}==` }),
      ...shake({ "Sec-WebSocket-Version": "12" }),
      ...shake({ Upgrade: "h2c" }),
    ]);
    const at = (what: string, code: string, url: string, ...bytes: Buffer[]): [string, Try] => [code, [what, () => endOf(url, bytes)]];
    const kib = frame(0x00, 126, [4, 0], 1024);
    const cases: [string, Try][] = [
      ...[cdp, control].flatMap((url): [string, Try][] => [
        at("a frame of 2^63", "1009", url, frame(0x82, 127, [0x80, 0, 0, 0, 0, 0, 0, 0])),
        at("a frame of 2^40", "1009", url, frame(0x82, 127, [0, 0, 1, 0, 0, 0, 0, 0])),
        at("a reserved bit", "1002", url, frame(0xc2, 1, [], 1)),
        at("an unknown opcode", "1002", url, frame(0x83, 0)),
        at("a continuation of nothing", "1002", url, frame(0x80, 0)),
        at("a fragmented ping", "1002", url, frame(0x09, 0)),
        at("no mask", "1002", url, Buffer.from([0x82, 1, 65])),
        ["1009", ["fragments over the limit", () => endOf(url, times(MAX_MESSAGE / 1024 + 8, kib, frame(url === cdp ? 0x01 : 0x02, 0)))]],
      ]),
      at("text on the display", "1008", control, encodeFrame(OPCODE.text, Buffer.from("hello"), MASK)),
      at("no UTF-8 on the display", "1007", control, encodeFrame(OPCODE.text, Buffer.from([0xff, 0xfe, 0xc0]), MASK)),
    ];
    const seen: string[] = [];
    for (const code of ["1002", "1007", "1008", "1009"])
      seen.push(
        await all(
          code,
          cases.filter(([expected]) => expected === code).map(([, one]) => one),
        ),
      );
    // What is in a text of DevTools is Chromium's to judge. Fragments of nothing are held by nobody.
    const garbled = await endOf(cdp, [encodeFrame(OPCODE.text, Buffer.from([0xff, 0xfe, 0xc0]), MASK)]);
    expect(garbled).toContain("-32700");
    const flood = () => endOf(cdp, times(200_000, frame(0x00, 0), frame(0x01, 0), frame(0x83, 0)));
    // What a first one leaves to the garbage collector is there for the others, too.
    expect(await flood()).toBe("1002");
    const before = service.rssMb();
    for (let i = 0; i < 3; i++) expect(await flood()).toBe("1002");
    const grown = service.rssMb() - before;
    expect(grown).toBeLessThan(64);
    return `${refused} before the upgrade; then ${seen.join(", ")}; no UTF-8 to Chromium: its own error -32700; 200 000 empty fragments, 4 times: passed on, RSS ${Math.max(0, grown).toFixed(0)} MiB more from the first to the last`;
  },
);

fault(
  { id: "F22", what: "a CDP client that never reads while Chromium never stops", expected: "held back, then cut off; RSS flat" },
  async () => {
    const ws = await open(ada.cdp_ws_url!);
    const answers = new Map<number, (result: Record<string, never>) => void>();
    const onAnswer = (data: Buffer) => {
      const { id, result } = JSON.parse(String(data));
      answers.get(id)?.(result);
    };
    ws.on("message", onAnswer);
    let id = 0;
    const send = (method: string, params: object, sessionId?: string): void =>
      ws.send(JSON.stringify({ id: ++id, method, params, ...(sessionId && { sessionId }) }));
    const ask = async (method: string, params: object): Promise<Record<string, unknown>> => {
      send(method, params);
      return new Promise((resolve) => answers.set(id, resolve));
    };
    const { targetInfos } = (await ask("Target.getTargets", {})) as { targetInfos: { type: string; targetId: string }[] };
    const { targetId } = targetInfos.find(({ type }) => type === "page")!;
    const { sessionId } = await ask("Target.attachToTarget", { targetId, flatten: true });
    ws.off("message", onAnswer);
    const before = service.rssMb();
    let most = before;
    const watch = setInterval(() => {
      most = Math.max(most, service.rssMb());
    }, 100);
    const started = Date.now();
    try {
      for (let i = 0; i < FLOOD_MB; i++)
        send("Runtime.evaluate", { expression: '"x".repeat(1e6)', returnByValue: true }, String(sessionId));
      // Not a byte is read from here on.
      ws.pause();
      for await (const event of ada.events({ signal: AbortSignal.timeout(120_000), after: 0 })) {
        if (event.type === "cdp.disconnected" && Date.parse(event.at) > started) break;
      }
    } finally {
      clearInterval(watch);
    }
    const seconds = (Date.now() - started) / 1000;
    let bytes = 0;
    const ended = once(ws, "close");
    ws.on("error", () => {});
    ws.on("message", (data: Buffer) => {
      bytes += data.length;
    });
    ws.resume();
    const [code] = await ended;
    // The close frame would have to wait behind what is not read: it is a hang-up.
    expect(code).toBe(1006);
    expect(most - before).toBeLessThan(64);
    expect(bytes / 1024 ** 2).toBeLessThan(FLOOD_MB / 2);
    const browser = await ada.connectPlaywright({ timeout: 120_000 });
    expect(await browser.contexts()[0]!.pages()[0]!.evaluate("40 + 2")).toBe(42);
    await browser.close();
    return `cut off (1006: no close frame passes what is not read) after ${seconds.toFixed(0)} s with ${(bytes / 1024 ** 2).toFixed(0)} MiB on the way; RSS at most ${(most - before).toFixed(0)} MiB more; others served`;
  },
);

fault(
  { id: "F23", what: "100 live views that come and go, half of them without a word", expected: "no descriptor, process or viewer left" },
  async () => {
    const { ws_url, url } = await ada.links.create("view");
    const look = async (rudely: boolean) => {
      const states = new AbortController();
      const [ws, page] = await Promise.all([open(ws_url!), fetch(url.replace("?", "/state?"), { signal: states.signal })]);
      expect(page.status).toBe(200);
      if (ws.readyState === WebSocket.OPEN) rudely ? ws.terminate() : ws.close();
      states.abort();
      await once(ws, "close");
    };
    const counts = () => ({ fds: fdsOf(service.pid()), processes: service.processes().length });
    for (let i = 0; i < 3; i++) await look(false);
    await expect
      .poll(async () => (await ada.listEvents({ types: ["viewer.left"] })).data.at(-1)?.data.viewers, { timeout: 30_000 })
      .toBe(0);
    const before = counts();
    for (let i = 0; i < 100; i++) await look(i % 2 === 0);
    await expect.poll(() => counts().fds <= before.fds && counts().processes <= before.processes, { timeout: 30_000 }).toBe(true);
    const after = counts();
    return `descriptors ${before.fds} before, ${after.fds} after; processes ${before.processes} and ${after.processes}`;
  },
);
