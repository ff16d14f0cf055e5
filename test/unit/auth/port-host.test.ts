import { expect, test } from "vitest";
import { sessionCookie, sessionsIn, setsSession, withoutSession } from "../../../src/server/auth/cookies.ts";
import { parsePortHost, portHostFor } from "../../../src/server/auth/port-host.ts";
import { takeToken } from "../../../src/server/auth/token-query.ts";

test.each([
  ["8000-einstein.localhost:7780", { port: 8000, name: "einstein" }],
  ["8000-EINSTEIN.localhost", { port: 8000, name: "einstein" }],
  ["1-9-lives.localhost", { port: 1, name: "9-lives" }],
  ["8000-a.computers.example.com:443", { port: 8000, name: "a" }],
  ["8000-a.example.com", null],
  ["8000-a.b.localhost", null],
  ["x.8000-a.localhost", null],
  ["8000-a.localhost.", null],
  ["8000-a.localhost.evil.example", null],
  ["08000-a.localhost", null],
  ["65536-a.localhost", null],
  ["0-a.localhost", null],
  ["8000-.localhost", null],
  ["8000-a-.localhost", null],
  ["8000-cmp_aaaaaaaaaaaa.localhost", null],
  ["8000-a@b.localhost", null],
  ["8000-a.localhost:", null],
  ["8000-a.localhost:7780:1", null],
  ["localhost", null],
  [undefined, null],
])("the host %s", (host, expected) => expect(parsePortHost(host, "computers.example.com")).toEqual(expected));

test("without a domain only localhost has such hosts", () => expect(parsePortHost("8000-a.computers.example.com", undefined)).toBeNull());

test.each([
  ["127.0.0.1:7780", undefined, "8000-a.localhost:7780"],
  ["localhost:7780", "example.com", "8000-a.localhost:7780"],
  ["[::1]:7780", "example.com", "8000-a.localhost:7780"],
  ["vitrine.example.com", "example.com", "8000-a.example.com"],
  ["10.0.0.5:7780", "example.com", "8000-a.example.com:7780"],
])("who wrote %s, with the domain %s, finds the port at %s", (host, domain, expected) => {
  const found = portHostFor(host, { port: 8000, name: "a" }, domain);
  expect(found).toBe(expected);
  expect(parsePortHost(found, domain)).toEqual({ port: 8000, name: "a" });
});

const TOKEN = `lnk_aaaaaaaaaaaa.${"m".repeat(43)}`;
test.each([
  ["/", null, "/"],
  [`/?token=${TOKEN}`, TOKEN, "/"],
  [`/a?b=%20c&token=${TOKEN}&d`, TOKEN, "/a?b=%20c&d"],
  [`/?token=${TOKEN}&token=${TOKEN}`, TOKEN, "/"],
  ["/ws?token=vite", null, "/ws?token=vite"],
  [`/ws?token=vite&token=${TOKEN}`, TOKEN, "/ws?token=vite"],
  ["/?", null, "/?"],
])("of %s the token %s is taken", (url, token, rest) => expect(takeToken(url)).toEqual({ token, url: rest }));

test("our cookie is told from others and kept from others", () => {
  const cookie = (header: string) => sessionsIn({ headers: { cookie: header } } as never);
  expect(cookie("a=b; vitrine_link=one;vitrine_link=two; vitrine_linked=x")).toEqual(["one", "two"]);
  expect(cookie("")).toEqual([]);
  expect(withoutSession("a=b; vitrine_link=one;  c=d=e; vitrine_link")).toBe("a=b; c=d=e");
  expect(withoutSession("vitrine_link=one")).toBe("");
  expect([" vitrine_link=x; Path=/", "vitrine_link=", "vitrine_links=x", "a=vitrine_link=x"].map(setsSession)).toEqual([
    true,
    true,
    false,
    false,
  ]);
  expect(sessionCookie("s", { path: "/", sameSite: "Lax", secure: true, expiresAt: "2030-01-01T00:00:00.000Z" })).toBe(
    "vitrine_link=s; Path=/; HttpOnly; SameSite=Lax; Secure; Expires=Tue, 01 Jan 2030 00:00:00 GMT",
  );
});
