import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { type Computer, type Power, Vitrine } from "../../src/client/index.ts";
import { CDP_PORT, RFB_PORT } from "../../src/contract/guest/protocol.ts";
import type { Route } from "../../src/contract/route.ts";
import { ROUTES } from "../../src/contract/routes.ts";
import { startFakeChromium } from "../support/fake-chromium.ts";
import { fakeFleet } from "../support/fake-machine.ts";
import { startPortServer, under } from "../support/port-server.ts";
import { startService, type TestService } from "../support/service.ts";
import { startFakeVnc } from "../unit/display/fake-vnc.ts";

let service: TestService;
let computer: Computer;
let chromium: Awaited<ReturnType<typeof startFakeChromium>>;
let vnc: Awaited<ReturnType<typeof startFakeVnc>>;
let app: Awaited<ReturnType<typeof startPortServer>>;
const dir = mkdtempSync(join(tmpdir(), "vt-"));
beforeAll(async () => {
  [chromium, vnc, app] = await Promise.all([startFakeChromium(), startFakeVnc(), startPortServer()]);
  service = await startService(dir, fakeFleet({ [CDP_PORT]: chromium.port, [RFB_PORT]: vnc.port }));
  computer = await new Vitrine(service).computers.create({ name: "ada", published_ports: [app.port] });
});
afterAll(async () => {
  await computer?.delete();
  await service?.close();
  await Promise.all([chromium?.close(), app?.close()]);
  vnc?.close();
  rmSync(dir, { recursive: true });
});

/** The arguments of this process and of all that come from it. */
const argv = (): string =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8");
      } catch {
        return "";
      }
    })
    .join("\n");

test("whatever is done with tokens, good and bad: they are in no log, error, header or argument", async () => {
  const secrets = new Set<string>();
  const tokens: string[] = [];
  const keep = (url: string | null) => {
    const token = new URL(url!).searchParams.get("token")!;
    tokens.push(token);
    secrets.add(token.split(".")[1]!);
  };
  const own = [computer.cdp_url, computer.live_url, computer.live_view_only_url, computer.published_ports[0]!.link_url];
  own.forEach(keep);
  const powers: Power[] = ["cdp", "view", "control", "files", "port"];
  for (const power of powers) {
    for (const one_time of [false, true])
      keep((await computer.links.create(power, { one_time, ...(power === "port" && { port: app.port }) })).url);
  }
  keep((await computer.terminals.create({ argv: ["true"], user: "root" })).ws_url);
  const gone = await computer.links.create("view");
  keep(gone.url);
  await computer.links.revoke(gone.link_id);
  // One with a MAC of nobody's, which is a secret that was nearly right.
  tokens.push(`${gone.link_id}.${"m".repeat(43)}`);
  secrets.add("m".repeat(43));

  const refusals: string[] = [];
  const look = (headers: [string, string][], status: number, text: string) => {
    // A page for a browser and a Location have no token either; a session cookie is its receiver's.
    refusals.push(...headers.filter(([name]) => name !== "set-cookie").map(([, value]) => value));
    if (status >= 400) refusals.push(text);
  };
  const host = `${app.port}-ada.localhost:${new URL(service.url).port}`;
  for (const token of tokens) {
    for (const route of Object.values(ROUTES) as Route[]) {
      const path = route.path
        .replace("{id}", computer.id)
        .replace("{port}", "80")
        .replace(/\{\w+\}/g, "lnk_aaaaaaaaaaaa");
      if (route.method === "delete" && route.path === "/v1/computers/{id}") continue;
      for (const query of [`?token=${token}`, `?token=${token}&path=${token}&wait=${token}`, `?token=${token}&token=${token}`]) {
        const abort = new AbortController();
        const response = await fetch(service.url + path + query, { method: route.method.toUpperCase(), signal: abort.signal });
        expect(response.headers.get("referrer-policy"), path).toBe("no-referrer");
        if (response.headers.get("content-type") === "text/event-stream") abort.abort();
        else look([...response.headers], response.status, await response.text());
      }
    }
    for (const path of [`/live/${computer.id}/state`, `/live/${computer.id}`, `/live/${computer.id}/control`, `/nowhere`]) {
      const abort = new AbortController();
      const response = await fetch(`${service.url}${path}?token=${token}`, { signal: abort.signal });
      expect(response.headers.get("referrer-policy"), path).toBe("no-referrer");
      if (response.headers.get("content-type") === "text/event-stream") abort.abort();
      else look([...response.headers], response.status, await response.text());
    }
    for (const [path, headers] of [
      [`/?token=${token}`, {}],
      [`/?token=${token}`, { Accept: "text/html" }],
      ["/", { "X-Vitrine-Token": token }],
      ["/", { Cookie: `vitrine_link=${token}` }],
      ["/", { Authorization: `Bearer ${token}` }],
    ] as [string, Record<string, string>][]) {
      const answer = await under(service, host, path, { headers });
      look(
        Object.entries(answer.headers).map(([name, value]) => [name, String(value)]),
        answer.status,
        answer.body,
      );
    }
    for (const path of [
      `/v1/computers/${computer.id}/cdp`,
      `/v1/computers/${computer.id}/display`,
      "/v1/nothing",
      "/v1/computers/ada/cdp/x",
    ]) {
      const ws = new WebSocket(`${service.url.replace("http", "ws")}${path}?token=${token}`);
      ws.on("error", () => {});
      await Promise.race([
        once(ws, "open"),
        once(ws, "unexpected-response").then(async ([, response]) => {
          let text = "";
          for await (const chunk of response) text += chunk;
          refusals.push(text);
        }),
      ]);
      ws.terminate();
    }
  }
  await computer.links.renew();
  expect(refusals.length).toBeGreaterThan(1000);
  expect(service.logged.length).toBeGreaterThan(100);
  const said = {
    "an answer": refusals.join("\n"),
    "the log": service.logged.join("\n"),
    "an argument": argv(),
    "the API's description": await (await fetch(`${service.url}/openapi.json`)).text(),
    // The server in the guest is told neither.
    "the guest": JSON.stringify(app.asked),
  };
  for (const [where, text] of Object.entries(said)) {
    for (const secret of secrets) expect(text.includes(secret), where).toBe(false);
    expect(text.includes(service.apiKey), where).toBe(false);
  }
}, 120_000);
