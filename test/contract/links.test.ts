import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { type Computer, type Link, Vitrine } from "../../src/client/index.ts";
import { CDP_PORT, RFB_PORT } from "../../src/contract/guest/protocol.ts";
import { startFakeChromium } from "../support/fake-chromium.ts";
import { fakeFleet } from "../support/fake-machine.ts";
import { startService, type TestService } from "../support/service.ts";
import { startFakeVnc } from "../unit/display/fake-vnc.ts";

let service: TestService;
let computer: Computer;
let chromium: Awaited<ReturnType<typeof startFakeChromium>>;
let vnc: Awaited<ReturnType<typeof startFakeVnc>>;
const dir = mkdtempSync(join(tmpdir(), "vt-"));
const scratch = mkdtempSync(join(tmpdir(), "vt-files-"));
beforeAll(async () => {
  chromium = await startFakeChromium();
  vnc = await startFakeVnc();
  service = await startService(dir, fakeFleet({ [CDP_PORT]: chromium.port, [RFB_PORT]: vnc.port }));
  computer = await new Vitrine(service).computers.create({ name: "ada" });
});
afterAll(async () => {
  await computer?.delete();
  await service?.close();
  await chromium?.close();
  vnc?.close();
  for (const folder of [dir, scratch]) rmSync(folder, { recursive: true });
});

const path = () => `/v1/computers/${computer.id}`;
/** An answer to who has no key; the code of a refusal. */
const open = async (to: string, init: RequestInit = {}) => {
  const response = await fetch(to.startsWith("http") ? to : service.url + to, init);
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    text,
    code: text.startsWith('{"error"') ? JSON.parse(text).error.code : null,
  };
};
const refusedSocket = async (url: string, headers: Record<string, string> = {}) => {
  const ws = new WebSocket(url, { headers });
  ws.on("error", () => {});
  const [, response] = await once(ws, "unexpected-response");
  return response.statusCode;
};
const opened = async (url: string, headers: Record<string, string> = {}): Promise<WebSocket> => {
  const ws = new WebSocket(url, { headers });
  await once(ws, "open");
  return ws;
};
const end = async (ws: WebSocket) => {
  const [code, reason] = await once(ws, "close");
  return [code, String(reason)];
};
/** The states that a live page is told; `ended` resolves with the stream. */
const follow = async (url: string, headers: Record<string, string> = {}) => {
  const response = await fetch(url, { headers });
  const states: Record<string, unknown>[] = [];
  const ended = (async () => {
    let text = "";
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      states.splice(0, Infinity, ...[...text.matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data!)));
    }
  })().catch(() => {});
  return { status: response.status, cookies: response.headers.getSetCookie(), states, ended };
};
const stateUrl = ({ token }: Pick<Link, "token">) => `${service.url}/live/${computer.id}/state?token=${token}`;

test("each power has its URLs, and what does not fit is refused", async () => {
  const host = new URL(service.url).host;
  for (const [power, page, socket] of [
    ["cdp", `${path()}/cdp`, `${path()}/cdp`],
    ["view", `/live/${computer.id}`, `${path()}/display`],
    ["control", `/live/${computer.id}`, `${path()}/display`],
    ["files", `${path()}/files`, null],
  ] as const) {
    const link = await computer.links.create(power, { ttl_s: 60 });
    expect(link.url).toBe(`http://${host}${page}?token=${link.token}`);
    expect(link.ws_url).toBe(socket && `ws://${host}${socket}?token=${link.token}`);
  }
  for (const body of [
    {},
    { power: "root" },
    { power: "port" },
    { power: "view", port: 80 },
    { power: "view", read_only: true },
    { power: "files", path: "/home" },
    { power: "files", read_only: "yes" },
    { power: "view", one_time: 1 },
    { power: "view", ttl_s: 0 },
    { power: "view", ttl_s: 30 * 86400 + 1 },
  ])
    expect((await service.call("POST", `${path()}/links`, body)).body.error?.code, JSON.stringify(body)).toBe("invalid_request");
  const codes = async (id: string, powers: object[]) =>
    Promise.all(powers.map(async (body) => (await service.call("POST", `/v1/computers/${id}/links`, body)).body.error?.code));
  expect(await codes(computer.id, [{ power: "port", port: 80 }])).toEqual(["port_not_published"]);
  expect(await codes("nobody", [{ power: "view" }])).toEqual(["computer_not_found"]);
  const bare = await new Vitrine(service).computers.create({ template: "scratch" });
  expect(await codes(bare.id, [{ power: "cdp" }, { power: "view" }, { power: "control" }])).toEqual([
    "no_browser",
    "no_display",
    "no_display",
  ]);
  expect(await codes(bare.id, [{ power: "files" }])).toEqual([undefined]);
  await bare.delete();
  expect(await codes(bare.id, [{ power: "files" }])).toEqual(["computer_not_found"]);
  for (const [method, to] of [
    ["GET", "/links"],
    ["POST", "/links"],
    ["POST", "/links/renew"],
    ["DELETE", "/links/lnk_aaaaaaaaaaaa"],
  ])
    expect((await open(path() + to, { method: method! })).code).toBe("unauthorized");
});

test("links are listed without their tokens, and expire from the list", async () => {
  const before = (await computer.links.list()).length;
  const link = await computer.links.create("files", { ttl_s: 60, read_only: true, one_time: true });
  const [newest, ...others] = await computer.links.list();
  expect(newest).toEqual({
    link_id: link.link_id,
    power: "files",
    port: null,
    terminal_id: null,
    read_only: true,
    one_time: true,
    own: false,
    uses: 0,
    created_at: expect.any(String),
    expires_at: link.expires_at,
  });
  expect(others).toHaveLength(before);
  expect(others.filter(({ own }) => own).map(({ power, expires_at }) => [power, expires_at])).toEqual([
    ["view", null],
    ["control", null],
    ["cdp", null],
  ]);
  expect(JSON.stringify([newest, ...others])).not.toContain(link.token.split(".")[1]);
  await computer.links.revoke(link.link_id);
  await computer.links.revoke(link.link_id);
  expect(await computer.links.list()).toEqual(others);
  const brief = await computer.links.create("view", { ttl_s: 1 });
  await expect
    .poll(async () => (await computer.links.list()).map(({ link_id }) => link_id), { timeout: 5000 })
    .not.toContain(brief.link_id);
});

test("a revoked link's connections die by the revocation: CDP, display, state, files", async () => {
  const [cdp, view, files] = await Promise.all(
    (["cdp", "view", "files"] as const).map((power) => computer.links.create(power, { ttl_s: 600 })),
  );
  const browser = await opened(cdp!.ws_url!);
  browser.send("hello");
  expect(String((await once(browser, "message"))[0])).toBe("hello");
  const display = await opened(view!.ws_url!);
  const state = await follow(stateUrl(view!));
  await expect.poll(() => state.states.length).toBe(1);
  const ends = [end(browser), end(display)];

  // An upload that is under way.
  const upload = request(`${files!.url}&path=${scratch}/upload`, { method: "PUT" });
  const broken = once(upload, "error");
  upload.write("half of it");
  await expect.poll(async () => (await computer.links.list()).find(({ link_id }) => link_id === files!.link_id)?.uses).toBe(1);

  await Promise.all([cdp, view, files].map((link) => computer.links.revoke(link!.link_id)));
  expect(await Promise.all(ends)).toEqual([
    [4003, "the link was revoked"],
    [4003, "the link was revoked"],
  ]);
  await state.ended;
  await broken;
  expect(await refusedSocket(cdp!.ws_url!)).toBe(401);
  expect((await open(stateUrl(view!))).code).toBe("link_invalid");
  expect((await open(`${files!.url}&path=${scratch}`)).code).toBe("link_invalid");
  // Others stay.
  const own = await opened(computer.cdp_ws_url!);
  own.close();
  await end(own);
});

test("a link that expires is announced to who watches, and cuts what it opened", async () => {
  const [cdp, view] = await Promise.all((["cdp", "view"] as const).map((power) => computer.links.create(power, { ttl_s: 2 })));
  const long = await computer.links.create("view", { ttl_s: 600 });
  const [state, quiet] = [await follow(stateUrl(view!)), await follow(stateUrl(long))];
  const ends = Promise.all([end(await opened(cdp!.ws_url!)), end(await opened(view!.ws_url!))]);
  await expect.poll(() => state.states.at(-1)?.link_ends_in_s, { timeout: 5000 }).toEqual(expect.any(Number));
  expect(state.states.at(-1)?.link_ends_in_s).toBeLessThanOrEqual(2);
  expect(await ends).toEqual([
    [4001, "the link has expired"],
    [4001, "the link has expired"],
  ]);
  await state.ended;
  expect(quiet.states.every(({ link_ends_in_s }) => link_ends_in_s === null)).toBe(true);
  await computer.links.revoke(long.link_id);
  await quiet.ended;
}, 20_000);

test("a computer's own links are renewed: other URLs, and the old ones are cut", async () => {
  const before = { ...computer };
  const ends = Promise.all([end(await opened(before.cdp_ws_url!))]);
  const state = await follow(before.live_view_only_url!.replace("?", "/state?"));
  await expect.poll(() => state.states.length).toBe(1);
  await computer.links.renew();
  expect(await ends).toEqual([[4003, "the link was revoked"]]);
  await state.ended;
  for (const name of ["cdp_url", "cdp_ws_url", "live_url", "live_view_only_url"] as const) {
    expect(computer[name]).not.toBe(before[name]);
    expect(computer[name]!.split("?")[0]).toBe(before[name]!.split("?")[0]);
  }
  expect((await computer.refresh()).cdp_url).toBe(computer.cdp_url);
  expect(await refusedSocket(before.cdp_ws_url!)).toBe(401);
  expect((await open(before.live_url!.replace("?", "/state?"))).code).toBe("link_invalid");
  expect((await open(computer.cdp_url!.replace("/cdp", "/cdp/json/version"))).status).toBe(200);
  expect((await computer.links.list()).filter(({ own }) => own)).toHaveLength(3);
  expect((await service.call("POST", "/v1/computers/nobody/links/renew")).body.error.code).toBe("computer_not_found");
});

test("a files link opens every call about files of its computer, and no other", async () => {
  const { token } = await computer.links.create("files");
  const to = (sub: string, query: Record<string, string> = {}) => `${path()}${sub}?${new URLSearchParams({ token, ...query })}`;
  const file = { path: `${scratch}/a/b.txt` };
  expect((await open(to("/files", file), { method: "PUT", body: "hello" })).status).toBe(204);
  const read = await open(to("/files", file), { headers: { Range: "bytes=1-3" } });
  expect([read.status, read.text, read.headers.get("referrer-policy")]).toEqual([206, "ell", "no-referrer"]);
  expect(JSON.parse((await open(to("/files/stat", file))).text)).toMatchObject({ size_bytes: 5 });
  expect(JSON.parse((await open(to("/files/list", { path: `${scratch}/a` }))).text).data).toMatchObject([{ name: "b.txt" }]);
  expect((await open(to("/files/mkdir"), { method: "POST", body: JSON.stringify({ path: `${scratch}/new` }) })).status).toBe(204);
  const move = JSON.stringify({ from: file.path, to: `${scratch}/new/b.txt` });
  expect((await open(to("/files/move"), { method: "POST", body: move })).status).toBe(204);
  const archive = await fetch(service.url + to("/files/archive", { path: `${scratch}/new` }));
  const unpacked = await fetch(service.url + to("/files/archive", { path: `${scratch}/copy` }), {
    method: "PUT",
    body: await archive.arrayBuffer(),
  });
  expect([archive.status, unpacked.status]).toEqual([200, 204]);
  expect((await open(to("/files", { path: `${scratch}/copy` }), { method: "DELETE" })).status).toBe(204);
  expect(JSON.parse((await open(to("/downloads"))).text).next_cursor).toBeNull();
  expect((await open(to(`/downloads/${Buffer.from("none").toString("base64url")}`))).code).toBe("file_not_found");
  // Strict still: only the token is taken out.
  expect((await open(to("/files", { ...file, colour: "red" }))).code).toBe("invalid_request");

  // What is not about files takes the key alone.
  for (const sub of ["", "/processes", "/links", "/screenshot"]) expect((await open(to(sub))).code, sub).toBe("unauthorized");
  expect((await open(to("/exec"), { method: "POST", body: '{"command":"id"}' })).code).toBe("unauthorized");
  expect((await open(to("/cdp/json/version"))).code).toBe("power_missing");
  const other = await new Vitrine(service).computers.create();
  expect((await open(`/v1/computers/${other.id}/files/list?path=/tmp&token=${token}`)).code).toBe("link_invalid");
  await other.delete();
  // Nor does another power, or a token of anybody's making, open files.
  for (const [wrong, code] of [
    [new URL(computer.cdp_url!).searchParams.get("token")!, "power_missing"],
    [`${token}x`, "link_invalid"],
    ["", "link_invalid"],
  ])
    expect((await open(`${path()}/files/list?path=/tmp&token=${wrong}`)).code).toBe(code);
  expect((await open(`/v1/computers/nobody/files/list?path=/tmp&token=${token}`)).code).toBe("link_invalid");
});

test("a read-only files link changes nothing", async () => {
  await computer.files.write(`${scratch}/kept.txt`, "kept");
  const { token } = await computer.links.create("files", { read_only: true });
  const to = (sub: string, query: Record<string, string> = {}) => `${path()}${sub}?${new URLSearchParams({ token, ...query })}`;
  expect((await open(to("/files", { path: `${scratch}/kept.txt` }))).text).toBe("kept");
  expect((await open(to("/files/archive", { path: scratch }))).status).toBe(200);
  const target = { path: `${scratch}/kept.txt` };
  for (const [method, sub, query, body] of [
    ["PUT", "/files", target, "gone"],
    ["DELETE", "/files", target, undefined],
    ["PUT", "/files/archive", { path: scratch }, "x"],
    ["POST", "/files/mkdir", {}, JSON.stringify({ path: `${scratch}/made` })],
    ["POST", "/files/move", {}, JSON.stringify({ from: target.path, to: `${scratch}/moved` })],
  ] as const)
    expect((await open(to(sub, query), { method, ...(body && { body }) })).code, `${method} ${sub}`).toBe("power_missing");
  expect((await computer.files.list(scratch)).map(({ name }) => name)).toContain("kept.txt");
  expect(await computer.files.readText(target.path)).toBe("kept");
});

test("a one-time CDP link opens one WebSocket, after as much discovery as its client likes", async () => {
  const link = await computer.links.create("cdp", { one_time: true });
  const discovery = link.url.replace("/cdp", "/cdp/json/version");
  for (let i = 0; i < 2; i++) expect((await open(discovery)).status).toBe(200);
  const tries = await Promise.allSettled(Array.from({ length: 5 }, () => opened(link.ws_url!)));
  const won = tries.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  expect(won).toHaveLength(1);
  won[0]!.send("hello");
  expect(String((await once(won[0]!, "message"))[0])).toBe("hello");
  expect((await open(discovery)).code).toBe("link_invalid");
  expect((await computer.links.list()).find(({ link_id }) => link_id === link.link_id)).toMatchObject({ one_time: true, uses: 1 });
  // What it opened still ends with it.
  const ended = end(won[0]!);
  await computer.links.revoke(link.link_id);
  expect(await ended).toEqual([4003, "the link was revoked"]);
});

test("an attempt that came to nothing does not use a one-time link up", async () => {
  const [cdp, files] = [await computer.links.create("cdp", { one_time: true }), await computer.links.create("files", { one_time: true })];
  await computer.stop();
  expect(await refusedSocket(cdp.ws_url!)).toBe(409);
  expect((await open(`${files.url}&path=${scratch}`)).code).toBe("wrong_state");
  await computer.start();
  expect(await refusedSocket(`${cdp.ws_url!.replace("/cdp", "/cdp/devtools/browser/nonsense/x")}`)).toBe(404);
  const ws = await opened(cdp.ws_url!);
  ws.close();
  await end(ws);
  await computer.files.write(`${scratch}/once.txt`, "once");
  const file = `${files.url}&path=${scratch}/once.txt`;
  expect((await open(`${file}x`)).code).toBe("file_not_found");
  const both = await Promise.all([open(file), open(file)]);
  expect(both.map(({ text, code }) => code ?? text).sort()).toEqual(["link_invalid", "once"]);
});

test("a one-time live link: the page may be fetched by anything; its first state uses it up, and the page goes on", async () => {
  const link = await computer.links.create("view", { one_time: true, ttl_s: 600 });
  for (let i = 0; i < 2; i++) expect((await open(link.url)).status).toBe(200);
  const first = await follow(stateUrl(link));
  await expect.poll(() => first.states.length).toBe(1);
  expect(first.states[0]).toMatchObject({ power: "view", session: true });
  const expires = `Expires=${new Date(link.expires_at).toUTCString()}`;
  const session = first.cookies[0]!.split(";", 1)[0]!;
  expect(first.cookies).toEqual([
    `${session}; Path=/live/${computer.id}; HttpOnly; SameSite=Strict; ${expires}`,
    `${session}; Path=${path()}/display; HttpOnly; SameSite=Strict; ${expires}`,
  ]);
  expect(session).not.toContain(link.token.split(".")[1]);
  // Nobody else, by the state or by the display.
  expect((await open(stateUrl(link))).code).toBe("link_invalid");
  expect(await refusedSocket(link.ws_url!)).toBe(401);

  const cookie = { Cookie: session };
  const bare = `${service.url}/live/${computer.id}/state`;
  const second = await follow(bare, cookie);
  await expect.poll(() => second.states.length).toBe(1);
  const display = await opened(link.ws_url!.split("?")[0]!, cookie);
  // The session is the link's: its power, its computer, its end.
  expect((await open(`/live/${computer.id}/control?viewer=aaaaaaaa`, { method: "POST", headers: cookie })).code).toBe("link_invalid");
  expect((await open(`${path()}/cdp/json/version`, { headers: cookie })).code).toBe("link_invalid");
  expect((await open(path(), { headers: cookie })).code).toBe("unauthorized");
  expect((await open(`/live/${computer.id}/state?token=${session.split("=")[1]}`)).code).toBe("link_invalid");
  expect((await open(bare, { headers: { ...cookie, Origin: "http://8000-ada.localhost" } })).code).toBe("origin_forbidden");
  const ended = end(display);
  await computer.links.revoke(link.link_id);
  expect(await ended).toEqual([4003, "the link was revoked"]);
  await Promise.all([first.ended, second.ended]);
  expect((await open(bare, { headers: cookie })).code).toBe("link_invalid");
  expect((await open(bare)).code).toBe("link_invalid");

  // A display that is opened by hand uses it up just as well.
  const raw = await computer.links.create("control", { one_time: true });
  const ws = await opened(raw.ws_url!);
  expect((await open(stateUrl(raw))).code).toBe("link_invalid");
  ws.close();
  await end(ws);
});

test("the timeline has each link that was made, used and revoked, and who did it", async () => {
  const since = (await computer.listEvents({ limit: 1000 })).data.at(-1)!.id;
  const link = await computer.links.create("files", { one_time: true, read_only: true });
  await open(`${link.url}&path=/tmp`);
  expect((await open(`${path()}/files/list?path=${scratch}&token=${link.token}`)).status).toBe(200);
  await computer.links.revoke(link.link_id);
  const { data } = await computer.listEvents({ after: since });
  const of = { link_id: link.link_id, power: "files" };
  expect(data.filter(({ type }) => type.startsWith("link.")).map(({ type, actor, data: what }) => [type, actor, what])).toEqual([
    ["link.created", "operator", { ...of, read_only: true, one_time: true, expires_at: link.expires_at }],
    ["link.used", link.link_id, of],
    ["link.revoked", "operator", { ...of, reason: "revoked" }],
  ]);
});
