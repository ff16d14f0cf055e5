import { createHash } from "node:crypto";
import { VitrineError } from "../../contract/errors.ts";
import type { ROUTES } from "../../contract/routes.ts";
import type { Context } from "./context.ts";
import type { Call, Handlers } from "./route.ts";
import { viewOf } from "./view.ts";

type CreateCall = Call<(typeof ROUTES)["createComputer"]>;

const idempotencyKey = ({ request }: CreateCall): string | undefined => {
  const key = request.get("Idempotency-Key");
  if (key !== undefined && !/^[\x21-\x7e]{1,255}$/.test(key))
    throw new VitrineError("invalid_request", { reason: "Idempotency-Key: use 1 to 255 printable ASCII characters" });
  return key;
};

export const computerHandlers = (
  context: Context,
): Pick<
  Handlers,
  "createComputer" | "listComputers" | "getComputer" | "deleteComputer" | "stopComputer" | "startComputer" | "forkComputer"
> => {
  const { computers, idempotency, emit } = context;
  /** The change of status that follows does not know who it was. */
  const asked = ({ params, actor }: { params: { id: string }; actor: string | null }, verb: string): void => {
    const record = computers.find(params.id);
    if (record && record.status !== "deleted") emit({ type: "computer.requested", computer_id: record.id, actor, data: { verb } });
  };

  const createComputer = async (call: CreateCall) => {
    const key = idempotencyKey(call);
    const hash = createHash("sha256").update(JSON.stringify(call.body)).digest("hex");
    const earlier = key === undefined ? undefined : idempotency.find(key);
    if (earlier) {
      if (earlier.body_hash !== hash) throw new VitrineError("idempotency_conflict");
      if (call.query.wait) await computers.settled(earlier.computer_id);
      return viewOf(context, call.request, computers.get(earlier.computer_id));
    }
    const { record, whole } = computers.create(call.body);
    asked({ params: record, actor: call.actor }, "create");
    if (key !== undefined) idempotency.insert(key, hash, record.id);
    if (!call.query.wait) {
      // The failure is in the record; here nobody waits for it.
      whole.catch(() => {});
      return viewOf(context, call.request, record);
    }
    // A client that left before it learnt the id, and has no key to ask again with, would leave a computer that nobody knows of.
    const abandon = () =>
      void computers.remove(record.id).catch((error) => context.log.error({ computer: record.id, err: error }, "abandoned create"));
    if (key === undefined) call.signal.addEventListener("abort", abandon, { once: true });
    return viewOf(context, call.request, await whole);
  };

  return {
    createComputer,
    listComputers: ({ query, request }) => {
      const { data, next_cursor } = computers.list(query);
      return { data: data.map((record) => viewOf(context, request, record)), next_cursor };
    },
    getComputer: ({ params, request }) => viewOf(context, request, computers.get(params.id)),
    deleteComputer: async (call) => {
      asked(call, "delete");
      return viewOf(context, call.request, await computers.remove(call.params.id));
    },
    stopComputer: async (call) => {
      asked(call, "stop");
      return viewOf(context, call.request, await computers.stop(call.params.id, call.body.mode));
    },
    forkComputer: async (call) => {
      asked(call, "fork");
      const copies = await computers.fork(call.params.id, call.body.count, call.body.name);
      return { data: copies.map((copy) => viewOf(context, call.request, copy)), next_cursor: null };
    },
    startComputer: async (call) => {
      asked(call, "start");
      return viewOf(context, call.request, await computers.start(call.params.id));
    },
  };
};
