import { expect, test } from "vitest";
import type { Event } from "../../../src/client/index.ts";
import { type Handler, json } from "../client/service.ts";
import { vitrine } from "./command-line.ts";
import { serving } from "./serving.ts";

const { serve, service } = serving();

const ROUTE = "GET /v1/computers/einstein/events";
const event = (id: number, fields: Partial<Event> = {}): Event => ({
  id,
  at: "2026-01-02T03:04:05.000Z",
  type: "exec",
  computer_id: "cmp_abcdefghijkl",
  actor: "operator",
  data: { program: "git", exit_code: 0, signal: null },
  ...fields,
});
const hostile = event(2, { type: "file.written", actor: null, data: { path: "/a\n\x1b[2Jb", size_bytes: 7 } });
const HUMAN = [
  "TIME                      TYPE                ACTOR         DATA",
  "2026-01-02T03:04:05.000Z  exec                operator      program=git exit_code=0",
  "2026-01-02T03:04:05.000Z  file.written        -             path=/a �[2Jb size_bytes=7",
  "",
].join("\n");

test("lists what happened, page by page, without what a terminal obeys", async () => {
  const pages: Record<string, object> = {
    0: { data: [event(1)], next_cursor: "1" },
    1: { data: [hostile], next_cursor: null },
  };
  await serve({ [ROUTE]: ({ query }, answer) => json(answer, pages[query.after ?? 0]) });
  expect(await vitrine(["computer", "events", "einstein"])).toMatchObject({ code: 0, stdout: HUMAN });
  const asJson = await vitrine(["--json", "computer", "events", "einstein", "--after", "1", "--type", "exec,file.written"]);
  expect(JSON.parse(asJson.stdout)).toEqual([hostile]);
  expect(service()?.seen.map(({ query }) => query)).toEqual([
    { limit: "1000" },
    { limit: "1000", after: "1" },
    { limit: "1000", after: "1", type: "exec,file.written" },
  ]);
});

const stream =
  (end: string): Handler =>
  (_, answer) => {
    answer.writeHead(200, { "content-type": "text/event-stream" });
    answer.write("id: 0\n\n:\n\n");
    for (const one of [event(1), hostile]) answer.write(`id: ${one.id}\nevent: ${one.type}\ndata: ${JSON.stringify(one)}\n\n`);
    answer.end(end);
  };

test("follows until the service says that it is over", async () => {
  await serve({ [ROUTE]: stream("event: end\ndata: {}\n\n") });
  expect(await vitrine(["computer", "events", "einstein", "--follow"])).toMatchObject({ code: 0, stdout: HUMAN });
  const asJson = await vitrine(["computer", "events", "einstein", "-f", "--json"]);
  expect(
    asJson.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line)),
  ).toEqual([event(1), hostile]);
  expect(service()?.seen[0]?.headers.accept).toBe("text/event-stream");
});

test("a stream that ends before that is a lost connection", async () => {
  await serve({ [ROUTE]: stream("") });
  const { code, stdout, stderr } = await vitrine(["computer", "events", "einstein", "--follow"]);
  expect(code).not.toBe(0);
  expect(stdout).toBe(HUMAN);
  expect(stderr).toContain("the service ended the stream");
});
