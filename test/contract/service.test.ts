import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Route } from "../../src/contract/route.ts";
import { ROUTES } from "../../src/contract/routes.ts";
import { startService, type TestService } from "../support/service.ts";

let service: TestService;
const dir = mkdtempSync(join(tmpdir(), "vt-"));
beforeAll(async () => {
  service = await startService(dir);
});
afterAll(async () => {
  await service.close();
  rmSync(dir, { recursive: true });
});
const open = (path: string) => fetch(service.url + path);

test("health, readiness and templates", async () => {
  expect(await (await open("/healthz")).json()).toEqual({ status: "ok" });
  expect(await (await open("/readyz")).json()).toEqual({ status: "ready" });
  const { body } = await service.call("GET", "/v1/templates");
  expect(body.data.map((t: { id: string; ready: boolean }) => [t.id, t.ready])).toEqual([
    ["browser", true],
    ["scratch", false],
    ["coding-agent", false],
  ]);
});

test("the OpenAPI document has every call of the contract, and every call has a handler", async () => {
  const document = (await service.call("GET", "/openapi.json")).body;
  for (const [id, route] of Object.entries(ROUTES) as [string, Route][]) {
    expect(document.paths[route.path][route.method].operationId).toBe(id);
    const path = route.path.replace("{id}", "cmp_aaaaaaaaaaaa").replace(/\{\w+\}/g, "lnk_aaaaaaaaaaaa");
    const { body } = await service.call(route.method.toUpperCase(), path);
    expect(["route_not_found", "method_not_allowed"], id).not.toContain(body?.error?.code);
  }
  expect(document.components.schemas.Computer.properties.status.enum).toHaveLength(10);
});

test("the root leads to the docs", async () => {
  const { status, headers } = await fetch(`${service.url}/`, { redirect: "manual" });
  expect([status, headers.get("location")]).toEqual([302, "/docs"]);
});

test("the pages load nothing from elsewhere", async () => {
  for (const path of ["/docs", "/live/cmp_aaaaaaaaaaaa"]) {
    const page = await open(path);
    expect(page.status, path).toBe(200);
    expect(page.headers.get("content-security-policy")).toContain("default-src 'self'");
    expect(page.headers.get("referrer-policy")).toBe("no-referrer");
    const html = await page.text();
    for (const [, url = ""] of html.matchAll(/(?:src|href)="([^"]+)"/g)) {
      expect(url).toMatch(/^\/assets\//);
      expect((await open(url)).status, url).toBe(200);
    }
  }
  expect((await open("/assets/novnc/core/rfb.js")).status).toBe(200);
  expect((await open("/assets/novnc/../../package.json")).status).toBe(404);
});

test("a second service on the same data is refused in words", async () => {
  await expect(startService(dir)).rejects.toThrow(/Another Vitrine service uses/);
});

test("links: made, revoked, expired", async () => {
  const { body: computer } = await service.call("POST", "/v1/computers", {});
  const path = `/v1/computers/${computer.id}/links`;
  const { body: link, status } = await service.call("POST", path, { power: "view", ttl_s: 60 });
  expect(status).toBe(201);
  const state = (token: string) => open(`/live/${computer.id}/state?token=${token}`);
  const stream = await state(link.token);
  expect(stream.headers.get("content-type")).toBe("text/event-stream");
  const reader = stream.body?.getReader();
  expect(new TextDecoder().decode((await reader?.read())?.value)).toContain('"power":"view"');
  await reader?.cancel();
  expect((await service.call("DELETE", `${path}/${link.link_id}`)).status).toBe(204);
  expect((await service.call("DELETE", `${path}/${link.link_id}`)).status).toBe(204);
  expect((await state(link.token)).status).toBe(401);
  const brief = (await service.call("POST", path, { power: "control", ttl_s: 1 })).body;
  await expect.poll(async () => (await state(brief.token)).status, { timeout: 5000 }).toBe(401);
  await service.call("DELETE", `/v1/computers/${computer.id}`);
});
