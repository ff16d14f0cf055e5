import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { loadApiKey, loadSigner, sameSecret } from "../../../src/server/auth/key.ts";
import { checkToken, tokenOf } from "../../../src/server/auth/tokens.ts";
import type { LinkRecord } from "../../../src/server/store/links.ts";

const dir = mkdtempSync(join(tmpdir(), "vt-"));
afterAll(() => rmSync(dir, { recursive: true }));
const sign = loadSigner(dir);
const link: LinkRecord = { id: "lnk_aaaaaaaaaaaa", computer_id: "cmp_aaaaaaaaaaaa", power: "control", own: 1, expires_at: null };
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
