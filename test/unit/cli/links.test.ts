import { expect, test } from "vitest";
import type { LinkInfo, PublishedPort } from "../../../src/client/index.ts";
import { computer, json, refuse } from "../client/service.ts";
import { vitrine } from "./command-line.ts";
import { serving } from "./serving.ts";

const { serve, service } = serving({ "GET /v1/computers/einstein": (_, answer) => json(answer, computer()) });
const bodies = () =>
  service()
    ?.seen.filter((s) => s.body.length > 0)
    .map((s) => JSON.parse(s.body.toString()));
const run = (line: string) => vitrine(["computer", ...line.split(" ")]);

const LINKS = "/v1/computers/cmp_abcdefghijkl/links";
const PORTS = "/v1/computers/cmp_abcdefghijkl/published-ports";
const made = { link_id: "lnk_aaaaaaaaaaaa", url: "http://x/?token=T", ws_url: null, token: "T", expires_at: "2026-01-02T03:04:05.000Z" };

test("link create sends what was given and nothing else, and prints the URL", async () => {
  await serve({ [`POST ${LINKS}`]: (_, answer) => json(answer, made, 201) });
  const plain = await run("link create einstein --power view");
  expect(plain).toMatchObject({ code: 0, stdout: expect.stringMatching(/url +http:\/\/x\/\?token=T/) });
  const all = await run("link create einstein --power files --read-only --one-time --ttl 60 --json");
  expect(JSON.parse(all.stdout)).toEqual(made);
  await run("link create einstein --power port --port 8000");
  expect(bodies()).toEqual([
    { power: "view" },
    { power: "files", read_only: true, one_time: true, ttl_s: 60 },
    { power: "port", port: 8000 },
  ]);
  for (const line of ["link create einstein", "link create einstein --power root", "link create einstein --power port --port x"])
    expect((await run(line)).code, line).toBe(2);
});

test("links are listed, revoked and renewed", async () => {
  const link = (fields: Partial<LinkInfo>): LinkInfo => ({
    link_id: "lnk_aaaaaaaaaaaa",
    power: "cdp",
    port: null,
    terminal_id: null,
    read_only: false,
    one_time: false,
    own: true,
    uses: 3,
    created_at: null,
    expires_at: null,
    ...fields,
  });
  const data = [link({}), link({ power: "port", port: 8000, one_time: true, own: false, expires_at: made.expires_at })];
  await serve({
    [`GET ${LINKS}`]: (_, answer) => json(answer, { data, next_cursor: null }),
    [`DELETE ${LINKS}/lnk_aaaaaaaaaaaa`]: (_, answer) => void answer.writeHead(204).end(),
    [`DELETE ${LINKS}/other`]: (_, answer) => refuse(answer, "invalid_request", { reason: "link_id is not valid" }),
    [`POST ${LINKS}/renew`]: (_, answer) => json(answer, computer({ cdp_url: "http://renewed/" })),
  });
  const list = (await run("link list einstein")).stdout.trimEnd().split("\n");
  expect(list.slice(1).map((line) => line.split(/ {2,}/))).toEqual([
    ["lnk_aaaaaaaaaaaa", "cdp", "the computer's own", "3", "with the computer"],
    ["lnk_aaaaaaaaaaaa", "port 8000 once", "3", made.expires_at],
  ]);
  expect(JSON.parse((await run("link ls einstein --json")).stdout)).toEqual(data);
  expect((await run("link revoke einstein lnk_aaaaaaaaaaaa")).stdout).toBe("revoked lnk_aaaaaaaaaaaa\n");
  expect(await run("link revoke einstein other")).toMatchObject({ code: 1, stderr: expect.stringContaining("link_id is not valid") });
  expect((await run("link renew einstein")).stdout).toMatch(/cdp_url +http:\/\/renewed\//);
});

test("ports are published, listed, waited for and taken away", async () => {
  const port: PublishedPort = {
    port: 8000,
    url: "http://8000-einstein.localhost:7780/",
    public: false,
    link_url: "http://8000-e/?token=T",
  };
  await serve({
    [`POST ${PORTS}`]: (_, answer) => json(answer, port, 201),
    [`GET ${PORTS}`]: (_, answer) => json(answer, { data: [port, { ...port, port: 81, public: true, link_url: null }], next_cursor: null }),
    [`GET ${PORTS}/8000`]: ({ query }, answer) =>
      query.wait_s === "60" ? json(answer, { ...port, listening: true }) : refuse(answer, "timeout", { what: "The server", timeout_s: 1 }),
    [`DELETE ${PORTS}/8000`]: (_, answer) => void answer.writeHead(204).end(),
  });
  expect((await run("port publish einstein 8000")).stdout).toMatch(/link_url +http:\/\/8000-e\/\?token=T/);
  await run("port publish einstein 8000 --public");
  expect(bodies()).toEqual([
    { port: 8000, public: false },
    { port: 8000, public: true },
  ]);
  const rows = (await run("port list einstein")).stdout.trimEnd().split("\n").slice(1);
  expect(rows.map((line) => line.split(/ {2,}/))).toEqual([
    ["8000", "link", port.link_url],
    ["81", "everybody", port.url],
  ]);
  expect(JSON.parse((await run("port wait einstein 8000 --json")).stdout)).toEqual({ ...port, listening: true });
  expect(await run("port wait einstein 8000 --timeout 1")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("did not finish within 1 s"),
  });
  expect((await run("port unpublish einstein 8000")).stdout).toBe("unpublished 8000\n");
  expect((await run("port publish einstein http")).code).toBe(2);
});
