import { expect, test } from "vitest";
import { json } from "../client/service.ts";
import { vitrine } from "./command-line.ts";
import { serving } from "./serving.ts";

const { serve, service } = serving();

test("prints a log without what a terminal obeys, or as it is in JSON", async () => {
  const text = "one\r\ntwo \x1b[2J\n";
  await serve({
    "GET /v1/computers/einstein": (_request, answer) => json(answer, { id: "cmp_abcdefghijkl", name: "einstein" }),
    "GET /v1/computers/cmp_abcdefghijkl/logs": (_request, answer) => void answer.end(text),
  });
  expect(await vitrine(["computer", "logs", "einstein"])).toMatchObject({ code: 0, stdout: "one\ntwo \uFFFD[2J\n" });
  const asJson = await vitrine(["--json", "computer", "logs", "einstein", "--source", "agent", "--tail", "100"]);
  expect(JSON.parse(asJson.stdout)).toEqual({ source: "agent", text });
  const asked = service()?.seen.filter(({ path }) => path.endsWith("/logs"));
  expect(asked?.map(({ query }) => query)).toEqual([{ source: "console" }, { source: "agent", tail_bytes: "100" }]);
  expect((await vitrine(["computer", "logs", "einstein", "--source", "kernel"])).code).not.toBe(0);
});
