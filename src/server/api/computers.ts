import { createHash } from "node:crypto";
import { VitrineError } from "../../contract/errors.ts";
import type { ROUTES } from "../../contract/routes.ts";
import { ownerOf } from "../auth/caller.ts";
import { ifAbandoned } from "./abandoned.ts";
import type { Context } from "./context.ts";
import type { Call, Handlers } from "./operate.ts";
import { viewOf } from "./view.ts";

type CreateCall = Call<(typeof ROUTES)["createComputer"]>;

/** The caller's Idempotency-Key, told from the same one of another caller by an id and a space, which no key holds. */
const idempotencyKey = ({ request, caller }: CreateCall): string | undefined => {
  const key = request.get("Idempotency-Key");
  if (key !== undefined && !/^[\x21-\x7e]{1,255}$/.test(key))
    throw new VitrineError("invalid_request", { reason: "Idempotency-Key: use 1 to 255 printable ASCII characters" });
  const owner = ownerOf(caller);
  return key !== undefined && owner !== null ? `${owner} ${key}` : key;
};

export const computerHandlers = (
  context: Context,
): Pick<
  Handlers,
  "createComputer" | "listComputers" | "getComputer" | "deleteComputer" | "stopComputer" | "startComputer" | "forkComputer"
> => {
  const { idempotency } = context;

  const createComputer = async (call: CreateCall) => {
    const { computers } = call;
    const key = idempotencyKey(call);
    const hash = createHash("sha256").update(JSON.stringify(call.body)).digest("hex");
    const earlier = key === undefined ? undefined : idempotency.find(key);
    if (earlier) {
      if (earlier.body_hash !== hash) throw new VitrineError("idempotency_conflict");
      if (call.query.wait) await computers.settled(earlier.computer_id);
      return viewOf(context, call.request, computers.get(earlier.computer_id));
    }
    const { record, whole } = computers.create(call.body);
    if (key !== undefined) idempotency.insert(key, hash, record.id);
    if (!call.query.wait) {
      // The failure is in the record; here nobody waits for it.
      whole.catch(() => {});
      return viewOf(context, call.request, record);
    }
    // With a key it can ask again.
    if (key === undefined) ifAbandoned(context, call.signal, () => computers.remove(record.id));
    return viewOf(context, call.request, await whole);
  };

  return {
    createComputer,
    listComputers: ({ computers, query, request }) => {
      const { data, next_cursor } = computers.list(query);
      return { data: data.map((record) => viewOf(context, request, record)), next_cursor };
    },
    getComputer: ({ params, computers, request }) => viewOf(context, request, computers.get(params.id)),
    deleteComputer: async ({ params, computers, request }) => viewOf(context, request, await computers.remove(params.id)),
    stopComputer: async ({ params, computers, body, request }) => viewOf(context, request, await computers.stop(params.id, body.mode)),
    forkComputer: async ({ params, computers, body, request, signal }) => {
      const copies = await computers.fork(params.id, body.count, body.name);
      ifAbandoned(context, signal, () => Promise.all(copies.map(({ id }) => computers.remove(id))));
      return { data: copies.map((copy) => viewOf(context, request, copy)), next_cursor: null };
    },
    startComputer: async ({ params, computers, request }) => viewOf(context, request, await computers.start(params.id)),
  };
};
