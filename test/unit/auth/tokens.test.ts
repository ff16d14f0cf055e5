import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { loadApiKey, loadSigner, sameSecret } from "../../../src/server/auth/key.ts";
import { checkToken, looksLikeToken, tokenOf } from "../../../src/server/auth/tokens.ts";
import { newLink } from "../../../src/server/computers/links.ts";
import type { LinkRecord } from "../../../src/server/store/links.ts";

const dir = mkdtempSync(join(tmpdir(), "vt-"));
afterAll(() => rmSync(dir, { recursive: true }));
const sign = loadSigner(dir);
const link: LinkRecord = { ...newLink("cmp_aaaaaaaaaaaa", "control", { own: 1 }), id: "lnk_aaaaaaaaaaaa" };
const store = (...links: LinkRecord[]) => ({ get: (id: string) => links.find((one) => one.id === id) ?? null });
const check = (token: string, links = store(link), id = link.computer_id, power: "cdp" | "view" | "control" = "control") =>
  checkToken(links, sign, token, id, power);

test("a token opens its own computer with its own power, and view with control", () => {
  expect(check(tokenOf(sign, link))).toBe(link);
  expect(check(tokenOf(sign, link), store(link), link.computer_id, "view")).toBe(link);
  expect(() => check(tokenOf(sign, link), store(link), link.computer_id, "cdp")).toThrow("does not grant cdp");
  expect(() => check(tokenOf(sign, link), store(link), "cmp_bbbbbbbbbbbb")).toThrow("wrong, expired, revoked");
});

test("what was changed, revoked or has expired opens nothing", () => {
  const token = tokenOf(sign, link);
  for (const wrong of [`${token}x`, token.slice(0, -1), "", ".", link.id, `${link.id}.`, token.replace("lnk_a", "lnk_b")])
    expect(() => check(wrong)).toThrow("wrong, expired, revoked");
  expect(() => check(token, store())).toThrow("wrong, expired, revoked");
  // A row that somebody changed in the store is not what was signed.
  expect(() => check(token, store({ ...link, computer_id: "cmp_bbbbbbbbbbbb" }), "cmp_bbbbbbbbbbbb")).toThrow("wrong, expired, revoked");
  const old = { ...link, expires_at: new Date(Date.now() - 1).toISOString() };
  expect(() => check(tokenOf(sign, old), store(old))).toThrow("wrong, expired, revoked");
});

test("keys are made once, kept in files of mode 0600, and the given one wins", () => {
  const key = loadApiKey(dir, undefined);
  expect(key).toMatch(/^vtr_[\w-]{32}$/);
  expect(loadApiKey(dir, undefined)).toBe(key);
  expect(loadApiKey(dir, "mine")).toBe("mine");
  for (const name of ["api-key", "signing-key"]) expect(statSync(join(dir, name)).mode & 0o777).toBe(0o600);
  expect(loadSigner(dir)("guest", "a")).toBe(sign("guest", "a"));
  expect(sign("guest", "a")).not.toBe(sign("link", "a"));
});

test("secrets of different lengths compare as different", () => {
  expect(sameSecret("a", "a")).toBe(true);
  expect(sameSecret("a", "ab")).toBe(false);
  expect(sameSecret("", "a")).toBe(false);
});

test("a link's limits are signed: a row with others is no valid link", () => {
  const limited = newLink("cmp_aaaaaaaaaaaa", "port", { port: 8000 });
  const token = tokenOf(sign, limited);
  const opens = (row: LinkRecord) => () => checkToken(store(row), sign, token, row.computer_id, "port");
  expect(opens(limited)()).toBe(limited);
  for (const change of [{ port: 8001 }, { read_only: 1 as const }, { one_time: 1 as const }, { port: null }])
    expect(opens({ ...limited, ...change })).toThrow("wrong, expired, revoked");
});

test("a used one-time token opens nothing more; its session does, and is no token", () => {
  const once = newLink("cmp_aaaaaaaaaaaa", "view", { one_time: 1 });
  const [token, session] = [tokenOf(sign, once), tokenOf(sign, once, "session")];
  const used = { ...once, uses: 1 };
  const opens = (row: LinkRecord, given: string, purpose: "link" | "session") =>
    checkToken(store(row), sign, given, row.computer_id, "view", purpose);
  expect(opens(once, token, "link")).toBe(once);
  expect(() => opens(used, token, "link")).toThrow("wrong, expired, revoked");
  expect(opens(used, session, "session")).toBe(used);
  expect(() => opens(used, session, "link")).toThrow("wrong, expired, revoked");
  expect(() => opens(once, token, "session")).toThrow("wrong, expired, revoked");
  expect(() => checkToken(store(), sign, session, once.computer_id, "view", "session")).toThrow("wrong, expired, revoked");
  expect([looksLikeToken(token), looksLikeToken("abc"), looksLikeToken(`${token}x`)]).toEqual([true, false, false]);
});
