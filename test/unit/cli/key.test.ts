import { expect, test } from "vitest";
import type { CreatedKey, Key } from "../../../src/client/index.ts";
import { json, refuse } from "../client/service.ts";
import { vitrine } from "./command-line.ts";
import { serving } from "./serving.ts";

const { serve, service } = serving();

const key = (fields: Partial<Key> = {}): Key => ({
  id: "key_aaaaaaaaaaaa",
  name: "ci",
  owner: null,
  max_computers: 3,
  max_vcpus: null,
  max_ram_mb: null,
  max_disk_mb: null,
  max_recording_mb: 500,
  requests_per_minute: 3000,
  created_at: "2026-01-02T03:04:05.000Z",
  expires_at: null,
  revoked_at: null,
  usage: { computers: 1, vcpus: 2, ram_mb: 2048, disk_mb: 10240, recording_mb: 7 },
  ...fields,
});
const made: CreatedKey = { ...key(), key: "vtr_aaaaaaaaaaaa_secret" };
const bodies = () =>
  service()
    ?.seen.filter((one) => one.body.length > 0)
    .map((one) => JSON.parse(one.body.toString()));

test("create sends what was given and nothing else, and prints the key", async () => {
  await serve({ "POST /v1/keys": (_, answer) => json(answer, made, 201) });
  const plain = await vitrine(["key", "create", "ci"]);
  expect(plain).toMatchObject({ code: 0, stderr: "" });
  expect(plain.stdout).toContain("vtr_aaaaaaaaaaaa_secret\n");
  const args =
    "--max-computers 3 --max-vcpus 8 --max-ram-mb 8192 --max-disk-mb 40960 --max-recording-mb 500 --requests-per-minute 600 --expires-in 90d";
  const full = await vitrine(["--json", "key", "create", "ci", "--owner", "web team", ...args.split(" ")]);
  expect(JSON.parse(full.stdout)).toEqual(made);
  expect(bodies()).toEqual([
    { name: "ci" },
    {
      name: "ci",
      owner: "web team",
      max_computers: 3,
      max_vcpus: 8,
      max_ram_mb: 8192,
      max_disk_mb: 40960,
      max_recording_mb: 500,
      requests_per_minute: 600,
      expires_in_s: 90 * 86400,
    },
  ]);
});

test.each([
  ["45", 45],
  ["45s", 45],
  ["2m", 120],
  ["12h", 43_200],
  ["1d", 86_400],
])("--expires-in %s is %i seconds", async (text, seconds) => {
  await serve({ "POST /v1/keys": (_, answer) => json(answer, made, 201) });
  await vitrine(["key", "create", "ci", "--expires-in", text]);
  expect(bodies()).toEqual([{ name: "ci", expires_in_s: seconds }]);
});

test.each([
  ["--expires-in", "soon"],
  ["--expires-in", "1w"],
  ["--max-computers", "-1"],
  ["--max-vcpus", "many"],
])("%s %s is wrong use", async (option, value) => {
  await serve({});
  expect(await vitrine(["key", "create", "ci", option, value])).toMatchObject({ code: 2, stdout: "" });
  expect(service()?.seen).toEqual([]);
});

test("list says what is used of what may be, and which keys still open something", async () => {
  const over = "2026-01-03T00:00:00.000Z";
  const keys = [
    key({ owner: "\u001b[2Jevil" }),
    key({ name: "old", expires_at: over, revoked_at: over }),
    key({ name: "gone", revoked_at: over }),
  ];
  await serve({ "GET /v1/keys": (_, answer) => json(answer, { data: keys, next_cursor: null }) });
  const { stdout } = await vitrine(["key", "list"]);
  expect(stdout.split("\n").map((line) => line.split(/ {2,}/))).toMatchObject([
    ["NAME", "ID", "STATUS", "OWNER", "COMPUTERS", "CORES", "RAM MB", "DISK MB", "RECORDINGS MB", "EXPIRES"],
    ["ci", "key_aaaaaaaaaaaa", "valid", "\uFFFD[2Jevil", "1/3", "2", "2048", "10240", "7/500"],
    ["old", "key_aaaaaaaaaaaa", "expired", "1/3", "2", "2048", "10240", "7/500", "2026-01-03T00:00:00.000Z"],
    ["gone", "key_aaaaaaaaaaaa", "revoked", "1/3", "2", "2048", "10240", "7/500"],
    [""],
  ]);
  expect(JSON.parse((await vitrine(["key", "ls", "--json"])).stdout)).toEqual(keys);
});

test("list without keys says so", async () => {
  await serve({ "GET /v1/keys": (_, answer) => json(answer, { data: [], next_cursor: null }) });
  expect((await vitrine(["key", "list"])).stdout).toBe("There are no keys but the operator's.\n");
});

test("revoke ends each that is named, and says what went wrong", async () => {
  await serve({
    "DELETE /v1/keys/key_aaaaaaaaaaaa": (_, answer) => void answer.writeHead(204).end(),
    "DELETE /v1/keys/key_bbbbbbbbbbbb": (_, answer) => refuse(answer, "key_not_found", { id: "key_bbbbbbbbbbbb" }),
  });
  expect(await vitrine(["key", "revoke", "key_aaaaaaaaaaaa"])).toMatchObject({ code: 0, stdout: "" });
  expect(await vitrine(["key", "revoke", "key_aaaaaaaaaaaa", "key_bbbbbbbbbbbb"])).toMatchObject({
    code: 1,
    stderr: "vitrine: No key key_bbbbbbbbbbbb. List them with GET /v1/keys.\n",
  });
});

test("with another key than the operator's it says which it takes", async () => {
  await serve({ "GET /v1/keys": (_, answer) => refuse(answer, "operator_only") });
  expect(await vitrine(["key", "list"])).toMatchObject({ code: 1, stderr: expect.stringContaining("takes the operator's key") });
});
