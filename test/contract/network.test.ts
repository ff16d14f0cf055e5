import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Vitrine } from "../../src/client/index.ts";
import { HOST_ALIAS } from "../../src/contract/guest/protocol.ts";
import type { PatchNetworkInput } from "../../src/contract/network.ts";
import { askFrom, dialFrom } from "../support/guest-programs.ts";
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

test("a change is tried on what was refused, which changes nothing and is no use of a power", async () => {
  const vitrine = new Vitrine(service);
  const computer = await vitrine.computers.create({ template: "scratch", network: { mode: "restricted", allow: ["good.test"] } });
  const { fleet } = service;
  for (let times = 0; times < 2; times++) await askFrom(fleet, "api.evil.test");
  await dialFrom(fleet, "169.254.169.254", 80);
  await dialFrom(fleet, HOST_ALIAS.address, 3000);
  fleet.outside!.refused({ protocol: "udp", address: "93.184.215.1", port: 443 });
  const before = await computer.egress.get();

  const verdicts = async (change: PatchNetworkInput) => {
    const { policy, refusals } = await computer.egress.try(change);
    const told = refusals.map(({ name, address, still, remedy }) => [name ?? address, still?.rule ?? "yes", remedy?.entry]);
    return { policy, told: told.toReversed() };
  };
  const now = await verdicts({});
  expect(now.policy).toEqual(before.policy);
  expect(now.told).toEqual([
    ["api.evil.test", "allow", "api.evil.test"],
    ["169.254.169.254", "floor", undefined],
    ["host.vitrine.internal", "host_ports", "3000"],
    ["93.184.215.1", "protocol", undefined],
  ]);
  const then = await verdicts({ allow: ["*.EVIL.test"], host_ports: [3000] });
  expect(then.policy).toMatchObject({ mode: "restricted", allow: ["*.evil.test"], host_ports: [3000] });
  expect(then.told.map(([, rule]) => rule)).toEqual(["yes", "floor", "yes", "protocol"]);

  expect(await computer.egress.get()).toEqual(before);
  const { data } = await computer.listEvents({ types: ["audit"] });
  expect(data.map((event) => event.data.action)).toEqual(["createComputer"]);
  const wrong: PatchNetworkInput[] = [{ mode: "open" }, { allow: ["a b"] }, { host_ports: [Number(new URL(service.url).port)] }];
  for (const change of wrong) await expect(computer.egress.try(change)).rejects.toMatchObject({ code: "invalid_request" });
});

test("what was refused to one computer is nobody's business but that of who sees it", async () => {
  const { id } = await create({ network: { mode: "off" } });
  await askFrom(service.fleet, "evil.test");
  const other = await create({ network: { mode: "off" } });
  const tried = (of: string) => service.call("POST", `/v1/computers/${of}/network/trial`, { mode: "open" });
  expect((await tried(id)).body.refusals).toMatchObject([{ name: "evil.test", rule: "off", still: null, remedy: null }]);
  expect((await tried(other.id)).body.refusals).toEqual([]);
  expect((await tried("nobody")).body.error.code).toBe("computer_not_found");
  const { body: key } = await service.call("POST", "/v1/keys", { name: "other" });
  const init = { headers: { Authorization: `Bearer ${key.key}` } };
  expect((await service.call("POST", `/v1/computers/${id}/network/trial`, {}, init)).body.error.code).toBe("computer_not_found");
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
