import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startService, type TestService } from "../support/service.ts";

let service: TestService;
const dir = mkdtempSync(join(tmpdir(), "vt-"));
beforeAll(async () => {
  service = await startService(dir);
});
afterAll(async () => {
  const { body } = await service.call("GET", "/v1/computers");
  for (const { id } of body.data) await service.call("DELETE", `/v1/computers/${id}`);
  await service.close();
  rmSync(dir, { recursive: true });
});
const create = async (body: object = {}) => {
  const answer = await service.call("POST", "/v1/computers", { template: "scratch", ...body });
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return answer.body;
};
const network = (id: string, change?: object) =>
  service.call(change === undefined ? "GET" : "PATCH", `/v1/computers/${id}/network`, change);

test("the network is open unless a policy says otherwise, which is kept in one spelling", async () => {
  const { id, network: policy } = await create();
  const open = { mode: "open", allow: [], deny: [], allow_cidrs: [], deny_cidrs: [], host_ports: [] };
  expect(policy).toEqual(open);
  expect((await network(id)).body).toEqual({ policy: open, traffic: [] });
  const given = {
    mode: "restricted",
    allow: ["*.BÜCHER.test.:443", "*"],
    deny: ["Ads.test."],
    allow_cidrs: ["2001:DB8::/32", "10.1.0.0/16:443"],
  };
  const made = await create({ network: given });
  expect(made.network).toMatchObject({
    mode: "restricted",
    allow: ["*.xn--bcher-kva.test:443", "*"],
    deny: ["ads.test"],
    allow_cidrs: ["2001:db8::/32", "10.1.0.0/16:443"],
  });
});

test("PATCH changes what is given, of running and of stopped computers, and copies have it", async () => {
  const { id } = await create({ network: { deny: ["ads.test"], host_ports: [8080] } });
  const changed = await network(id, { mode: "restricted", allow: ["good.test"] });
  expect(changed).toMatchObject({
    status: 200,
    body: { policy: { mode: "restricted", allow: ["good.test"], deny: ["ads.test"], host_ports: [8080] } },
  });
  const { body: copies } = await service.call("POST", `/v1/computers/${id}/fork`, {});
  expect(copies.data[0].network).toEqual(changed.body.policy);
  await service.call("POST", `/v1/computers/${id}/stop`, { mode: "shutdown" });
  expect((await network(id, { deny: [] })).body.policy).toMatchObject({ deny: [], allow: ["good.test"] });
  const started = await service.call("POST", `/v1/computers/${id}/start`);
  expect(started.body.network).toMatchObject({ mode: "restricted", allow: ["good.test"], deny: [] });
});

test("PATCH takes nothing that is not valid as a whole, and changes nothing then", async () => {
  const { id, network: before } = await create({ network: { mode: "restricted", allow: ["good.test"] } });
  const port = Number(new URL(service.url).port);
  for (const [change, says] of [
    [{ mode: "open" }, "allow: goes with mode 'restricted'"],
    [{ allow: ["a b"] }, "give a name"],
    [{ host_ports: [port] }, "the port of this service itself"],
    [{ colour: "red" }, "colour"],
  ] as const) {
    const { status, body } = await network(id, change);
    expect({ status, code: body.error.code }).toEqual({ status: 400, code: "invalid_request" });
    expect(body.error.message).toContain(says);
  }
  expect((await network(id)).body.policy).toEqual(before);
  expect((await network(id, { mode: "open", allow: [] })).status).toBe(200);
  expect((await service.call("POST", "/v1/computers", { network: { host_ports: [port] } })).body.error.code).toBe("invalid_request");
  expect((await network("nobody", {})).body.error.code).toBe("computer_not_found");
  expect((await network("nobody")).body.error.code).toBe("computer_not_found");
});

test("a computer that is being made, or is gone, is in the wrong state", async () => {
  const gate = Promise.withResolvers<void>();
  service.fleet.gate = gate.promise;
  const { body } = await service.call("POST", "/v1/computers?wait=0", { template: "scratch" });
  service.fleet.gate = null;
  expect((await network(body.id, { mode: "off" })).body.error.code).toBe("wrong_state");
  gate.resolve();
  await service.call("DELETE", `/v1/computers/${body.id}`);
  expect((await network(body.id, { mode: "off" })).body.error.code).toBe("wrong_state");
});

test("a proxy's password is in no answer and in no log; its port stays named while it is used", async () => {
  const proxy = { server: "http://127.0.0.1:3128", username: "ann", password: "s3cret-of-ann" };
  const body = { template: "browser", browser: { proxy }, network: { host_ports: [3128] } };
  const made = await service.call("POST", "/v1/computers", body);
  expect(made.status).toBe(201);
  expect((await network(made.body.id, { host_ports: [] })).body.error.message).toContain("host_ports does not name port 3128");
  const seen = [made, await service.call("GET", "/v1/computers"), await network(made.body.id), await service.call("GET", "/v1/events")];
  expect(JSON.stringify([seen.map((answer) => answer.body), service.logged])).not.toContain("s3cret");
  const wrong = await service.call("POST", "/v1/computers", { browser: { proxy: { ...proxy, server: "ftp://a:1", password: 5 } } });
  expect(wrong.status).toBe(400);
});
