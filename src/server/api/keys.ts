import type { Key } from "../../contract/keys.ts";
import type { KeyRecord } from "../store/keys.ts";
import type { Context } from "./context.ts";
import type { Handlers } from "./operate.ts";

export const keyHandlers = ({ keys, computers, recordings }: Context): Pick<Handlers, "createKey" | "listKeys" | "deleteKey"> => {
  const viewOf = ({ secret_hash: _, ...record }: KeyRecord): Key => ({
    ...record,
    usage: { ...computers.usage(record.id), recording_mb: Math.ceil(recordings.usedBytes(record.id) / 1024 ** 2) },
  });
  return {
    createKey: ({ body, response }) => {
      response.setHeader("Cache-Control", "no-store");
      const { record, text } = keys.create(body);
      return { ...viewOf(record), key: text };
    },
    listKeys: () => ({ data: keys.list().map(viewOf), next_cursor: null }),
    deleteKey: ({ params }) => keys.revoke(params.key_id),
  };
};
