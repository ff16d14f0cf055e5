import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { within } from "../../../src/client/deadline.ts";
import { Computer, Vitrine, VitrineError } from "../../../src/client/index.ts";
import { httpTransport } from "../../../src/client/transport.ts";
import { computer, type Handler, json, type Service, startService } from "./service.ts";

const C = "/v1/computers/cmp_abcdefghijkl";
const LONG = 60_000;

let service: Service | undefined;
let closeSilent: (() => Promise<void>) | undefined;
afterEach(async () => {
  await service?.close();
  await closeSilent?.();
  service = closeSilent = undefined;
});

/** An answer that begins and never ends. */
const stuck: Handler = (_, answer) => void answer.writeHead(200, { "content-length": "100" }).write("some");
const stuckComputer = async () => {
  service = await startService({
    "GET /v1/computers/einstein": (_, answer) => json(answer, computer()),
    [`GET ${C}/files`]: stuck,
    [`GET ${C}/downloads/d1`]: stuck,
    [`GET ${C}/screenshot`]: stuck,
    [`GET ${C}/logs`]: stuck,
  });
  return new Vitrine({ url: service.url, apiKey: "k" }).computers.get("einstein");
};

/** A server that takes connections and says nothing. */
const silentPort = async (): Promise<number> => {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => sockets.add(socket.on("error", () => {})));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closeSilent = async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, "close");
  };
  return (server.address() as AddressInfo).port;
};
const silentComputer = async () => {
  const at = `127.0.0.1:${await silentPort()}`;
  const transport = httpTransport(new URL(`http://${at}`), () => undefined);
  return new Computer(transport, computer({ cdp_url: `http://${at}/cdp?token=T`, cdp_ws_url: `ws://${at}/cdp?token=T` }));
};

type Limits = { signal?: AbortSignal; timeoutMs?: number };
test.each<[string, () => Promise<Computer>, (computer: Computer, limits: Limits) => Promise<unknown>]>([
  ["files.read", stuckComputer, (c, limits) => c.files.read("/x", limits)],
  ["downloads.read", stuckComputer, (c, limits) => c.downloads.read("d1", limits)],
  ["screenshot", stuckComputer, (c, limits) => c.screenshot(limits)],
  ["logs", stuckComputer, (c, limits) => c.logs("console", limits)],
  ["terminals.attach", silentComputer, (c, limits) => c.terminals.attach("trm_1", limits)],
  ["connectPlaywright", silentComputer, (c, limits) => c.connectPlaywright(limits)],
  ["connectPuppeteer", silentComputer, (c, limits) => c.connectPuppeteer(limits)],
])("%s ends when the time is up, and when it is aborted", async (_, make, call) => {
  const made = await make();
  await expect(call(made, { timeoutMs: 50 })).rejects.toMatchObject({ name: "VitrineError", code: "timeout" });
  const reason = new Error("enough");
  await expect(call(made, { timeoutMs: LONG, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  const abort = new AbortController();
  setTimeout(() => abort.abort(reason), 50);
  await expect(call(made, { timeoutMs: LONG, signal: abort.signal })).rejects.toBe(reason);
});

test("what was made too late is undone", async () => {
  const work = Promise.withResolvers<string>();
  const undone = Promise.withResolvers<string>();
  const undo = async (made: string) => undone.resolve(made);
  await expect(within("It", { timeoutMs: 1 }, () => work.promise, undo)).rejects.toBeInstanceOf(VitrineError);
  work.resolve("late");
  expect(await undone.promise).toBe("late");
});
