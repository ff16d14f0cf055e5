import { homedir } from "node:os";
import { expect, test } from "vitest";
import { parseListen, readConfig } from "../../../src/server/setup/config.ts";
import { readLimits } from "../../../src/server/setup/limits.ts";

test("defaults", () => {
  expect(readConfig({ VITRINE_LISTEN: "", VITRINE_API_KEY: "" })).toEqual({
    listen: { host: "127.0.0.1", port: 7780 },
    dataDir: `${homedir()}/.local/share/vitrine`,
    cacheDir: `${homedir()}/.cache/vitrine`,
    allowedHosts: [],
    logLevel: "info",
    templatesMb: 8192,
    uids: { first: 1_879_048_192, count: 65_536 },
    pool: {},
    recordings: { retentionS: 604_800, quotaMb: 10_240 },
    events: { retentionS: 604_800, perComputer: 10_000 },
    limits: readLimits({}),
  });
  expect(readConfig({ XDG_DATA_HOME: "/x" }).dataDir).toBe("/x/vitrine");
});

test("everything given", () => {
  expect(
    readConfig({
      VITRINE_LISTEN: "[::1]:0",
      VITRINE_DATA_DIR: "/data",
      VITRINE_CACHE_DIR: "/cache",
      VITRINE_API_KEY: "k",
      VITRINE_ALLOWED_HOSTS: "One.example, two.example",
      VITRINE_DOMAIN: "Computers.example",
      VITRINE_LOG_LEVEL: "DEBUG",
      VITRINE_TEMPLATES_MB: "512",
      VITRINE_UID_BASE: "700000",
      VITRINE_POOL: "browser:2, scratch:1",
      VITRINE_RECORDING_RETENTION_S: "60",
      VITRINE_EVENT_RETENTION_S: "3600",
      VITRINE_EVENTS_PER_COMPUTER: "500",
      VITRINE_RECORDING_QUOTA_MB: "100",
      VITRINE_MAX_COMPUTERS: "3",
    }),
  ).toEqual({
    listen: { host: "::1", port: 0 },
    dataDir: "/data",
    cacheDir: "/cache",
    apiKey: "k",
    allowedHosts: ["one.example", "two.example"],
    domain: "computers.example",
    logLevel: "debug",
    templatesMb: 512,
    uids: { first: 700_000, count: 65_536 },
    pool: { browser: 2, scratch: 1 },
    recordings: { retentionS: 60, quotaMb: 100 },
    events: { retentionS: 3600, perComputer: 500 },
    limits: { ...readLimits({}), computers: 3 },
  });
});

test.each([
  ["7781", "127.0.0.1", 7781],
  ["0.0.0.0:80", "0.0.0.0", 80],
  ["localhost:1", "localhost", 1],
])("listen %s", (text, host, port) => expect(parseListen(text)).toEqual({ host, port }));

test.each([
  [{ VITRINE_LISTEN: "here" }, /VITRINE_LISTEN is not valid: "here" is not like/],
  [{ VITRINE_LISTEN: "127.0.0.1:65536" }, /65536 is over 65535/],
  [{ VITRINE_LISTEN: "::1:80" }, /is not like/],
  [{ VITRINE_LISTEN: "a b:80" }, /neither an address nor a host name/],
  [{ VITRINE_LISTEN: "[nonsense]:80" }, /VITRINE_LISTEN/],
  [{ VITRINE_DOMAIN: "https://a.example" }, /VITRINE_DOMAIN.*"https:\/\/a.example"/],
  [{ VITRINE_DOMAIN: "10.0.0.1" }, /VITRINE_DOMAIN.*"10.0.0.1"/],
  [{ VITRINE_ALLOWED_HOSTS: "a.example:80" }, /VITRINE_ALLOWED_HOSTS.*"a.example:80"/],
  [{ VITRINE_TEMPLATES_MB: "lots" }, /VITRINE_TEMPLATES_MB.*"lots" is not a whole number from/],
  [{ VITRINE_POOL: "2" }, /VITRINE_POOL.*"2" is not like browser:2/],
  [{ VITRINE_POOL: "windows:2" }, /VITRINE_POOL.*"windows:2".*browser, scratch/],
  [{ VITRINE_POOL: "browser:65" }, /VITRINE_POOL.*"65" is not a whole number from 0 to 64/],
  [{ VITRINE_LOG_LEVEL: "loud" }, /VITRINE_LOG_LEVEL.*none of fatal/],
])("%j is refused with what to change", (env, message) => expect(() => readConfig(env)).toThrow(message));

test("a key that cannot travel in a header is refused without being shown", () => {
  expect(() => readConfig({ VITRINE_API_KEY: "two words" })).toThrow(/VITRINE_API_KEY/);
  expect(() => readConfig({ VITRINE_API_KEY: "two words" })).not.toThrow(/two words/);
});
