import { expect, onTestFinished, test } from "vitest";
import { vitrineOnTerminal } from "../../support/on-a-terminal.ts";
import { computer, json } from "../client/service.ts";
import { serving } from "./serving.ts";

const C = "/v1/computers/cmp_abcdefghijkl";
const { serve, service } = serving({ "GET /v1/computers/einstein": (_, answer) => json(answer, computer()) });

test("ssh ends the terminal that it has made and cannot attach to", async () => {
  await serve({
    [`POST ${C}/terminals`]: (_, answer) => json(answer, { terminal_id: "trm_aaaaaaaaaaaa" }, 201),
    [`DELETE ${C}/terminals/trm_aaaaaaaaaaaa`]: (_, answer) => void answer.writeHead(204).end(),
  });
  const { url } = service()!;
  const session = vitrineOnTerminal({ url, apiKey: "key" }, "computer", "ssh", "einstein");
  onTestFinished(session.kill);
  expect(await session.ended).toEqual({ code: 1, restored: true });
  expect(service()?.requests().at(-1)).toBe(`DELETE ${C}/terminals/trm_aaaaaaaaaaaa`);
}, 60_000);
