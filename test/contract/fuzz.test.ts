import { type ChildProcess, fork } from "node:child_process";
import { randomBytes, randomInt } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { Agent, type IncomingMessage, request } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ERRORS, type ErrorBody, type ErrorCode } from "../../src/contract/errors.ts";
import { CDP_PORT } from "../../src/contract/guest/protocol.ts";
import { type FuzzRequest, fuzzBytes, fuzzRequests } from "../support/fuzz-requests.ts";
import type { Given, Measured } from "../support/fuzz-service.ts";
import { startXvnc, type TestXvnc } from "../unit/display/xvnc.ts";

/** The same requests each time, so that a failure is the change's. VITRINE_FUZZ_SEED: others, or with `random` new ones; VITRINE_FUZZ_COUNT: more of them. */
const { VITRINE_FUZZ_SEED: given = "1127" } = process.env;
const SEED = given === "random" ? randomInt(2 ** 31) : Number(given);
const COUNT = Number(process.env.VITRINE_FUZZ_COUNT ?? 10_000);
const BARE = Math.round(COUNT / 20);
const WARM_AFTER = Math.round(COUNT / 5);
const AT_ONCE = 16;
/** Far more than any answer takes. */
const HANG_MS = 30_000;
/**
 * What the heap with its buffers, and the whole process, may have grown by between the first fifth and the end. The allocator keeps what the largest pictures took: RSS
 * goes up in a few steps, by 140 at the most that was seen, and stays where it is from the 10,000th request to the 24,000th.
 */
const HEAP_GROWTH_MB = 8;
const RSS_GROWTH_MB = 192;
/** What the fakes lack. */
const LACKING: readonly string[] = ["browser_unavailable", "display_unavailable", "guest_unreachable"] satisfies ErrorCode[];

let vnc: TestXvnc;
let child: ChildProcess;
let url: URL;
const apiKey = randomBytes(12).toString("hex");
const dir = mkdtempSync(join(tmpdir(), "vt-"));
const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
const computers = ["screen", "other", "third", "fourth"];
let recording = "";

const answerOf = async <T>(ask: unknown): Promise<T> => {
  child.send(ask as object);
  const [answer] = await once(child, "message");
  return answer as T;
};
const measure = () => answerOf<Measured>("measure");

beforeAll(async () => {
  vnc = await startXvnc({ width: 320, height: 240 });
  child = fork(new URL("../support/fuzz-service.ts", import.meta.url).pathname, {
    execArgv: ["--expose-gc"],
    // One arena of malloc's for each thread is noise.
    env: { ...process.env, MALLOC_ARENA_MAX: "2" },
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const given: Given = {
    dataDir: dir,
    apiKey,
    vncPort: vnc.port,
    cdpPort: CDP_PORT,
    screenName: "screen",
    limits: { computers: 40, headerS: 5, stallS: 5 },
  };
  url = new URL(await answerOf<string>(given));
}, 60_000);
afterAll(async () => {
  agent.destroy();
  if (child.connected) {
    child.send("close");
    await once(child, "exit");
  }
  await vnc.kill();
  rmSync(dir, { recursive: true });
});

interface Got {
  status: number;
  text: string;
}

/** Sends one; of an answer that has no end the beginning is enough. */
const send = ({ method, path, headers, body }: Omit<FuzzRequest, "operation">): Promise<Got> =>
  new Promise((resolve, reject) => {
    const sent = request({
      // Wrong keys come from elsewhere, since so many of them shut their address out.
      ...(headers.authorization === undefined ? { agent } : { localAddress: "127.0.0.3" }),
      hostname: url.hostname,
      port: url.port,
      method,
      path,
      headers: { authorization: `Bearer ${apiKey}`, ...(body !== null && { "content-length": Buffer.byteLength(body) }), ...headers },
      signal: AbortSignal.timeout(HANG_MS),
    });
    const onAnswer = (answer: IncomingMessage) => {
      let text = "";
      const status = answer.statusCode ?? 0;
      answer.setEncoding("utf8");
      answer.on("data", (chunk) => {
        text += chunk;
        if (!answer.headers["content-type"]?.includes("event-stream")) return;
        sent.destroy();
        resolve({ status, text: "" });
      });
      answer.on("end", () => resolve({ status, text }));
      answer.on("error", reject);
    };
    sent.on("response", onAnswer);
    sent.on("upgrade", (answer, socket) => {
      socket.destroy();
      resolve({ status: answer.statusCode ?? 0, text: "" });
    });
    sent.on("error", (error: NodeJS.ErrnoException) => {
      // A head that cannot be read is answered without knowing that it was a HEAD.
      if (method === "HEAD" && error.code === "HPE_CLOSED_CONNECTION") resolve({ status: 431, text: "" });
      else reject(error);
    });
    if (body === null) sent.end();
    else sent.end(body);
  });

const call = async (method: string, path: string, body?: object) => {
  const { status, text } = await send({ method, path, headers: {}, body: body === undefined ? null : JSON.stringify(body) });
  return { status, body: text === "" ? null : JSON.parse(text) };
};

/** Makes and starts what the requests have deleted or stopped. */
const tend = async (): Promise<void> => {
  for (const name of computers) {
    const { status, body } = await call("GET", `/v1/computers/${name}`);
    if (status === 404) await call("POST", "/v1/computers", { name });
    else if (body.status !== "running") await call("POST", `/v1/computers/${name}/start`);
    await call("DELETE", `/v1/computers/${name}/control`);
  }
  const recordings = "/v1/computers/screen/recordings";
  if (recording === "" || (await call("GET", `${recordings}/${recording}`)).status === 404) {
    recording = (await call("POST", recordings)).body.id ?? "";
    if (recording !== "") await call("POST", `${recordings}/${recording}/stop`);
  }
  const { data } = (await call("GET", "/v1/computers?limit=200")).body;
  for (const { name } of data) if (!computers.includes(name)) await call("DELETE", `/v1/computers/${name}`);
};

/** What is wrong with an answer, or null. */
const faultOf = (method: string, { status, text }: Got): string | null => {
  if (status < 400) return null;
  // Of a HEAD's answer only the status is there to judge.
  const mayLack = () => LACKING.some((code) => ERRORS[code as ErrorCode][0] === status);
  if (method === "HEAD") return status >= 500 && !mayLack() ? `${status}` : null;
  let body: ErrorBody;
  try {
    body = JSON.parse(text);
  } catch {
    return `${status} without an error of the registry: ${text.slice(0, 200)}`;
  }
  const { code, message, details } = body.error ?? {};
  if (!Object.hasOwn(ERRORS, code) || ERRORS[code][0] !== status || typeof message !== "string" || typeof details !== "object")
    return `${status}: ${text.slice(0, 300)}`;
  return status >= 500 && !LACKING.includes(code) ? `${status}: ${text.slice(0, 300)}` : null;
};

/** Runs all of them, so many at a time, and says what was wrong. */
const run = async <T>(all: readonly T[], ask: (one: T) => Promise<string | null>): Promise<string[]> => {
  const faults: string[] = [];
  const left = all.values();
  const worker = async () => {
    for (const one of left) {
      const fault = await ask(one).catch((error) => `no answer: ${error}`);
      if (fault) faults.push(`${fault}\n  to ${JSON.stringify(one).slice(0, 600)}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return faults;
};

/** Sends one to the computers that are there. */
const put = (one: FuzzRequest): Promise<Got> => {
  const path = one.path.replaceAll("@rid", recording).replace(/@(\d)/g, (_, index) => computers[Number(index)]!);
  return send({ ...one, path });
};

/** Sends bytes and no more; whatever is answered is no failure of the service, and the connection ends. */
const askBare = (bytes: Uint8Array): Promise<string | null> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: url.hostname, port: Number(url.port) });
    const hang = setTimeout(() => socket.destroy(new Error("the connection was not ended")), HANG_MS);
    let text = "";
    socket.on("data", (chunk) => (text += chunk.toString("latin1")));
    socket.on("error", (error: NodeJS.ErrnoException) =>
      error.code === "ECONNRESET" || error.code === "EPIPE" ? resolve(null) : reject(error),
    );
    socket.on("close", () => {
      clearTimeout(hang);
      const failed = [...text.matchAll(/^HTTP\/1\.1 (5\d\d)/gm)];
      resolve(failed.length > 0 ? `${failed[0]![1]}: ${text.slice(0, 300)}` : null);
    });
    socket.end(bytes);
  });

test(`${COUNT} requests made of the OpenAPI document fail none, hang none and leave nothing (seed ${SEED})`, async () => {
  await tend();
  const document = (await call("GET", "/openapi.json")).body;
  const sample = <T>(arbitrary: fc.Arbitrary<T>, numRuns: number): T[] => fc.sample(arbitrary, { numRuns, seed: SEED });
  const requests = sample(fuzzRequests(document), COUNT - BARE);
  const operations = new Set(requests.map(({ operation }) => operation));
  expect(operations.size).toBe(Object.values(document.paths).flatMap((methods) => Object.keys(methods as object)).length + 1);

  const before = await measure();
  let warm = before;
  const faults: string[] = [];
  const answered = new Map<string, number[]>();
  const CHUNK = 250;
  for (let at = 0; at < requests.length; at += CHUNK) {
    const some = await run(requests.slice(at, at + CHUNK), async (one) => {
      const got = await put(one);
      answered.set(one.operation, [...(answered.get(one.operation) ?? []), got.status]);
      return faultOf(one.method, got);
    });
    faults.push(...some);
    await tend();
    if (at < WARM_AFTER && at + CHUNK >= WARM_AFTER) warm = await measure();
  }
  faults.push(...(await run(sample(fuzzBytes, BARE), askBare)));
  expect(faults.slice(0, 20), `${faults.length} faults; VITRINE_FUZZ_SEED=${SEED} brings them back`).toEqual([]);

  // Each was also asked for what it does.
  const done = [...answered].filter(([, statuses]) => statuses.some((status) => status < 400)).map(([operation]) => operation);
  expect(done.length, `only ${done}`).toBeGreaterThan(operations.size * 0.8);
  await tend();
  const { queue } = (await call("GET", "/v1/capacity")).body;
  expect(queue).toMatchObject({ running: 0, waiting: 0 });
  const { data } = (await call("GET", "/v1/computers")).body;
  const watched = data.filter((one: { status: string; browser: object | null }) => one.status === "running" && one.browser).length;
  agent.destroy();
  // The display's connection rests for ten seconds after its last use; the one that watches a browser stays, and both its ends are here.
  const left = { sockets: 2 * watched, streams: watched };
  let after = await measure();
  await expect.poll(async () => (after = await measure()), { timeout: 30_000, interval: 1000 }).toMatchObject(left);
  expect(after.complaints).toEqual([]);
  expect(after.heapMb - warm.heapMb).toBeLessThan(HEAP_GROWTH_MB);
  expect(after.rssMb - warm.rssMb).toBeLessThan(RSS_GROWTH_MB);
  console.info(
    `fuzz: heap ${warm.heapMb.toFixed(1)} -> ${after.heapMb.toFixed(1)} MiB, RSS ${warm.rssMb.toFixed(0)} -> ${after.rssMb.toFixed(0)} MiB`,
  );
}, 600_000);
