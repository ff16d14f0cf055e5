import { expect, test } from "vitest";
import type { CreatedWebhook, Webhook } from "../../../src/client/index.ts";
import { json } from "../client/service.ts";
import { vitrine } from "./command-line.ts";
import { serving } from "./serving.ts";

const { serve, service } = serving();

const hook = (fields: Partial<Webhook> = {}): Webhook => ({
  id: "whk_aaaaaaaaaaaa",
  url: "https://example.com/hook",
  events: [],
  status: "active",
  created_at: "2026-01-02T03:04:05.000Z",
  position: 7,
  delivered_at: null,
  attempts: 0,
  next_attempt_at: null,
  last_error: null,
  ...fields,
});
const made: CreatedWebhook = { ...hook(), secret: "whsec_c2VjcmV0" };

test("create sends what was given and nothing else, and prints the secret", async () => {
  await serve({ "POST /v1/webhooks": (_, answer) => json(answer, made, 201) });
  const plain = await vitrine(["webhook", "create", "https://example.com/hook"]);
  expect(plain).toMatchObject({ code: 0, stderr: "" });
  expect(plain.stdout).toContain("whsec_c2VjcmV0\n");
  const full = await vitrine(["--json", "webhook", "create", "https://example.com/hook", "--event", "computer", "exec", "--after", "5"]);
  expect(JSON.parse(full.stdout)).toEqual(made);
  expect(service()?.seen.map(({ body }) => JSON.parse(body.toString()))).toEqual([
    { url: "https://example.com/hook" },
    { url: "https://example.com/hook", events: ["computer", "exec"], after: 5 },
  ]);
});

test("list says what is sent where, how far it is and what went wrong; delete deletes", async () => {
  const failing = hook({ id: "whk_bbbbbbbbbbbb", status: "disabled", events: ["computer"], attempts: 16, last_error: "it answered 500" });
  await serve({
    "GET /v1/webhooks": (_, answer) => json(answer, { data: [hook(), failing], next_cursor: null }),
    "DELETE /v1/webhooks/whk_aaaaaaaaaaaa": (_, answer) => void answer.writeHead(204).end(),
  });
  const [heading, first, second] = (await vitrine(["webhook", "list"])).stdout.split("\n");
  expect(heading).toMatch(/^ID +STATUS +URL +EVENTS +POSITION/);
  expect(first).toMatch(/^whk_aaaaaaaaaaaa +active +https:\/\/example.com\/hook +all +7/);
  expect(second).toMatch(/disabled .* computer +7 +16 times: it answered 500$/);
  expect(await vitrine(["webhook", "delete", "whk_aaaaaaaaaaaa"])).toMatchObject({ code: 0, stdout: "" });
});
