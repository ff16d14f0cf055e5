import { once } from "node:events";
import { type DecodedPacket, decode, encode, type Packet, type RecordType } from "dns-packet";
import { expect, test } from "vitest";
import { NetworkPolicy } from "../../../src/contract/network.ts";
import { answerDns, type DnsPorts } from "../../../src/server/egress/dns.ts";
import { Names } from "../../../src/server/egress/names.ts";
import { compile } from "../../../src/server/egress/policy.ts";
import { fakeInternet } from "../../support/internet.ts";
import { closed, framed, testGate } from "./gate-driver.ts";

const setUp = (policy: Parameters<typeof NetworkPolicy.parse>[0] = {}) => {
  const internet = fakeInternet();
  const refused: string[] = [];
  const names = new Names();
  const compiled = compile(NetworkPolicy.parse(policy));
  const ports: DnsPorts = { policy: () => compiled, internet, names, refuse: ({ rule, name }) => void refused.push(`${rule} ${name}`) };
  const send = async (packet: Packet): Promise<DecodedPacket & { rcode: string }> => {
    const answer = await answerDns(ports, encode({ type: "query", id: 99, flags: 0x100, ...packet }), AbortSignal.timeout(5000));
    return decode(answer!) as DecodedPacket & { rcode: string };
  };
  const ask = (name: string, type: string, more: Packet = {}) =>
    send({ questions: [{ name, type: type as RecordType, class: "IN" }], ...more });
  return { internet, refused, names, ports, send, ask };
};

test("addresses are answered, as the question spelled the name, and remembered", async () => {
  const { internet, names, ask } = setUp();
  internet.name("good.test", ["93.184.215.20", "93.184.215.21"]);
  internet.name("good.test", ["2606:4700::1"], "AAAA");
  internet.hasIPv6 = () => false;
  const answer = await ask("GooD.test", "A");
  expect(answer).toMatchObject({
    id: 99,
    type: "response",
    rcode: "NOERROR",
    flag_ra: true,
    flag_rd: true,
    questions: [{ name: "GooD.test" }],
  });
  expect(answer.answers).toMatchObject([
    { name: "GooD.test", type: "A", data: "93.184.215.20" },
    { name: "GooD.test", type: "A", data: "93.184.215.21" },
  ]);
  expect(names.of("93.184.215.20")).toEqual(["good.test"]);
  expect((await ask("good.test", "AAAA")).answers).toEqual([]);
  internet.hasIPv6 = () => true;
  expect((await ask("good.test", "AAAA")).answers).toMatchObject([{ data: "2606:4700::1" }]);
});

test("times to live are kept within bounds", async () => {
  const { internet, ask } = setUp();
  for (const [name, ttl] of [
    ["short.test", 0],
    ["long.test", 86400],
    ["kept.test", 77],
  ] as const) {
    internet.name(name, ["93.184.215.20"]);
    internet.resolve = async () => [{ data: "93.184.215.20", ttl }];
    expect((await ask(name, "A")).answers).toMatchObject([{ ttl: { 0: 5, 86400: 300, 77: 77 }[ttl] }]);
  }
});

test("other records come through for names that are allowed; some types are empty, some are not served", async () => {
  const { internet, ask, refused } = setUp({ mode: "restricted", allow: ["good.test", "_srv.good.test"] });
  const put = (name: string, type: RecordType, data: unknown) => internet.name(name, [data] as string[], type as "MX");
  put("good.test", "MX", { preference: 10, exchange: "mail.good.test" });
  expect((await ask("good.test", "MX")).answers).toMatchObject([{ data: { preference: 10, exchange: "mail.good.test" } }]);
  put("_srv.good.test", "SRV", { priority: 1, weight: 2, port: 3, target: "x.good.test" });
  expect((await ask("_srv.good.test", "SRV")).answers).toMatchObject([{ data: { port: 3, target: "x.good.test" } }]);
  put("good.test", "TXT", ["v=spf1", "-all"]);
  expect((await ask("good.test", "TXT")).answers).toMatchObject([{ type: "TXT" }]);
  put("good.test", "CAA", { flags: 0, tag: "issue", value: "ca.test" });
  expect((await ask("good.test", "CAA")).answers).toMatchObject([{ data: { value: "ca.test" } }]);
  for (const type of ["UNKNOWN_64", "UNKNOWN_65"]) expect(await ask("good.test", type)).toMatchObject({ rcode: "NOERROR", answers: [] });
  for (const type of ["ANY", "AXFR", "IXFR", "NULL", "UNKNOWN_9999"]) expect((await ask("good.test", type)).rcode, type).toBe("NOTIMP");
  const before = internet.asked.length;
  for (const type of ["A", "TXT", "UNKNOWN_65", "MX"]) expect((await ask("secret.evil.test", type)).rcode).toBe("NXDOMAIN");
  expect(internet.asked.length).toBe(before);
  expect(refused).toEqual(Array(4).fill("allow secret.evil.test"));
});

test("what the host's resolvers say of a failure", async () => {
  const { internet, ask } = setUp();
  expect((await ask("nothere.test", "A")).rcode).toBe("NXDOMAIN");
  internet.resolve = async () => {
    throw Object.assign(new Error("timeout"), { code: "ETIMEOUT" });
  };
  expect((await ask("slow.test", "A")).rcode).toBe("SERVFAIL");
  internet.resolve = async () => [{ data: { preference: "not a number" } as never, ttl: 1 }];
  expect(["SERVFAIL", "NOERROR"]).toContain((await ask("odd.test", "MX")).rcode);
});

test("questions that are none", async () => {
  const { send, ask, ports } = setUp();
  const question = { name: "a.test", type: "A", class: "IN" } as const;
  expect((await send({ questions: [question, question] })).rcode).toBe("FORMERR");
  expect((await send({ questions: [] })).rcode).toBe("FORMERR");
  expect((await send({ questions: [{ ...question, class: "CH" }] })).rcode).toBe("NOTIMP");
  expect((await send({ questions: [question], flags: 0x2800 })).rcode).toBe("NOTIMP");
  for (const name of ["a b.test", "127.0.0.1", "0x7f.1"]) expect((await ask(name, "A")).rcode, name).toBe("NXDOMAIN");
  expect(await answerDns(ports, encode({ type: "response", id: 1, questions: [question] }), AbortSignal.timeout(100))).toBeNull();
  expect(await answerDns(ports, Buffer.alloc(11), AbortSignal.timeout(100))).toBeNull();
  const edns = await ask("a.test", "A", {
    additionals: [{ type: "OPT", name: ".", udpPayloadSize: 4096, extendedRcode: 0, ednsVersion: 0, flags: 0, flag_do: true, options: [] }],
  });
  expect(edns.additionals).toMatchObject([{ type: "OPT", udpPayloadSize: 1232 }]);
});

test("changed and cut messages never throw", async () => {
  const { ports } = setUp();
  const message = encode({
    type: "query",
    id: 5,
    questions: [{ name: "www.example.test", type: "A", class: "IN" }],
    additionals: [{ type: "OPT", name: ".", udpPayloadSize: 4096, extendedRcode: 0, ednsVersion: 0, flags: 0, flag_do: true, options: [] }],
  });
  let seed = 7;
  const random = (below: number) => {
    seed = (seed * 1103515245 + 12345) & 0x7fffffff;
    return seed % below;
  };
  for (let i = 0; i < 5000; i++) {
    const changed = Buffer.from(message.subarray(0, i % 3 === 0 ? random(message.length + 1) : message.length));
    for (let n = random(5); n >= 0 && changed.length > 0; n--) changed[random(changed.length)] = random(256);
    const answer = await answerDns(ports, changed, AbortSignal.timeout(5000));
    if (answer) expect(answer.readUInt16BE(0)).toBe(changed.readUInt16BE(0));
  }
  const loop = Buffer.concat([message.subarray(0, 12), Buffer.from([0xc0, 12, 0, 1, 0, 1])]);
  expect(await answerDns(ports, loop, AbortSignal.timeout(100))).not.toBeNull();
});

test("a stream may ask many at once, in pieces, and is answered each", async () => {
  const { internet, dial } = testGate();
  const queries = Array.from({ length: 100 }, (_, id) => {
    internet.name(`n${id}.test`, [`93.184.215.${id + 1}`]);
    return framed(encode({ type: "query", id, questions: [{ name: `n${id}.test`, type: "A", class: "IN" }] }));
  });
  const stream = dial("1.1.1.1", 53);
  const bytes = Buffer.concat(queries);
  for (let at = 0; at < bytes.length; at += 777) stream.write(bytes.subarray(at, at + 777));
  stream.end();
  let reply = Buffer.concat(await stream.toArray());
  const answered = new Map<number, unknown>();
  while (reply.length > 0) {
    const end = 2 + reply.readUInt16BE(0);
    const { id = -1, answers = [] } = decode(reply.subarray(2, end));
    answered.set(id, (answers[0] as { data: unknown }).data);
    reply = reply.subarray(end);
  }
  expect(answered.size).toBe(100);
  expect(answered.get(41)).toBe("93.184.215.42");
  const garbage = dial("1.1.1.1", 53);
  garbage.write(framed(Buffer.from("GET / HTTP/1.1")));
  const [after] = await Promise.race([once(garbage, "data"), closed(garbage).then(() => [null])]);
  if (after) expect(after.length).toBeLessThan(100);
});
