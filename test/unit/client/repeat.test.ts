import { afterEach, expect, test } from "vitest";
import { Vitrine, VitrineError } from "../../../src/client/index.ts";
import { computer, type Handler, json, refuse, type Service, startService } from "./service.ts";

const C = "/v1/computers/cmp_abcdefghijkl";

let service: Service | undefined;
afterEach(async () => {
  await service?.close();
  service = undefined;
});

/** A service whose answers to one request come in turn. */
const connect = async (route: string, answers: Handler[]) => {
  let next = 0;
  service = await startService({
    "GET /v1/computers/einstein": (_, answer) => json(answer, computer()),
    [route]: (seen, answer) => answers[Math.min(next++, answers.length - 1)]!(seen, answer),
  });
  return { vitrine: new Vitrine({ url: service.url, apiKey: "k" }), asked: () => next };
};
const lost: Handler = (_, answer) => void answer.destroy();
const stopping =
  (seconds: number): Handler =>
  (_, answer) => {
    answer.setHeader("retry-after", seconds);
    refuse(answer, "service_stopping");
  };

test("a read whose connection is lost is asked for again, three times at most", async () => {
  const once = await connect("GET /v1/capacity", [lost, lost, (_, answer) => json(answer, { computers: 1 })]);
  expect(await once.vitrine.capacity()).toEqual({ computers: 1 });
  await service?.close();
  const never = await connect("GET /v1/capacity", [lost]);
  await expect(never.vitrine.capacity()).rejects.toMatchObject({ name: "ConnectionError" });
  expect(never.asked()).toBe(4);
});

test("a read whose answer breaks off is asked for again", async () => {
  const broken: Handler = (_, answer) => {
    answer.writeHead(200, { "content-length": "100" });
    answer.write("{", () => answer.destroy());
  };
  const { vitrine, asked } = await connect("GET /v1/capacity", [broken, (_, answer) => json(answer, { computers: 1 })]);
  expect(await vitrine.capacity()).toEqual({ computers: 1 });
  expect(asked()).toBe(2);
});

test("a create is sent again with the same Idempotency-Key", async () => {
  const { vitrine } = await connect("POST /v1/computers", [lost, (_, answer) => json(answer, computer(), 201)]);
  expect((await vitrine.computers.create()).name).toBe("einstein");
  const keys = service!.seen.map(({ headers }) => headers["idempotency-key"]);
  expect(keys).toEqual([expect.any(String), keys[0]]);
});

test.each([
  ["exec", `POST ${C}/exec`, (vitrine: Vitrine) => vitrine.computers.get("einstein").then((c) => c.exec("true"))],
  ["act", `POST ${C}/actions`, (vitrine: Vitrine) => vitrine.computers.get("einstein").then((c) => c.act([{ type: "wait", ms: 1 }]))],
])("%s is sent once, whatever becomes of it", async (_, route, call) => {
  for (const answer of [lost, stopping(0)]) {
    const { vitrine, asked } = await connect(route, [answer]);
    await expect(call(vitrine)).rejects.toThrow();
    expect(asked()).toBe(1);
    await service?.close();
  }
});

test("Retry-After is waited for, unless the time is up before", async () => {
  const { vitrine, asked } = await connect("GET /v1/capacity", [stopping(1), (_, answer) => json(answer, {}), stopping(60)]);
  await vitrine.capacity();
  expect(asked()).toBe(2);
  const error = await vitrine.capacity({ timeoutMs: 30_000 }).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(VitrineError);
  expect(error).toMatchObject({ code: "service_stopping" });
});

test("the caller's abort ends the wait", async () => {
  const abort = new AbortController();
  const { vitrine } = await connect("GET /v1/capacity", [
    (seen, answer) => {
      answer.on("close", () => abort.abort(new Error("enough")));
      return stopping(50)(seen, answer);
    },
  ]);
  await expect(vitrine.capacity({ signal: abort.signal })).rejects.toThrow("enough");
});

test("`await using` deletes the computer", async () => {
  const { vitrine, asked } = await connect(`DELETE ${C}`, [(_, answer) => void answer.writeHead(204).end()]);
  {
    await using found = await vitrine.computers.get("einstein");
    expect(found.name).toBe("einstein");
  }
  expect(asked()).toBe(1);
});
