import { expect, test } from "vitest";
import type { Profile } from "../../../src/client/index.ts";
import { json } from "../client/service.ts";
import { vitrine } from "./command-line.ts";
import { serving } from "./serving.ts";

const { serve, service } = serving();
const shop: Profile = {
  name: "shop",
  key_id: null,
  saved_at: "2026-01-02T03:04:05.000Z",
  size_bytes: 5_000_000,
  computer_id: "cmp_aaaaaaaaaaaa",
};

test("list says when each was kept, and which computer has it", async () => {
  await serve({ "GET /v1/profiles": (_, answer) => json(answer, { data: [shop], next_cursor: null }) });
  const { stdout, code } = await vitrine(["profile", "list"]);
  expect([code, stdout.split("\n")[1]?.trim()]).toEqual([
    0,
    expect.stringMatching(/^shop +2026-01-02T03:04:05.000Z +5 MB +cmp_aaaaaaaaaaaa$/),
  ]);
  expect(JSON.parse((await vitrine(["--json", "profile", "list"])).stdout)).toEqual([shop]);
});

test("delete deletes each, a key's where that is named", async () => {
  await serve({
    "DELETE /v1/profiles/one": (_, answer) => void answer.writeHead(204).end(),
    "DELETE /v1/profiles/two": (_, answer) => void answer.writeHead(204).end(),
  });
  const { stdout, code } = await vitrine(["profile", "delete", "one", "two", "--key", "key_aaaaaaaaaaaa"]);
  expect([code, stdout]).toEqual([0, "deleted one\ndeleted two\n"]);
  expect(service()?.seen.map(({ query }) => query.key_id)).toEqual(["key_aaaaaaaaaaaa", "key_aaaaaaaaaaaa"]);
});
