import { ifAbandoned } from "./abandoned.ts";
import type { Context } from "./context.ts";
import type { Handlers } from "./operate.ts";
import { viewOf } from "./view.ts";

export const snapshotHandlers = (
  context: Context,
): Pick<Handlers, "createSnapshot" | "listSnapshots" | "deleteSnapshot" | "restoreSnapshot"> => {
  const { emit } = context;
  return {
    createSnapshot: async ({ params, computers, body, actor, signal }) => {
      const snapshot = await computers.takeSnapshot(params.id, body);
      const { id: snapshot_id, computer_id, name, size_bytes } = snapshot;
      ifAbandoned(context, signal, () => computers.removeSnapshot(computer_id, snapshot_id));
      emit({ type: "snapshot.created", computer_id, actor, data: { snapshot_id, name, size_bytes } });
      return snapshot;
    },
    listSnapshots: ({ params, computers }) => ({ data: computers.snapshots(params.id), next_cursor: null }),
    deleteSnapshot: async ({ params, computers, actor }) => {
      const { id: computer_id } = computers.get(params.id);
      if (await computers.removeSnapshot(computer_id, params.sid))
        emit({ type: "snapshot.deleted", computer_id, actor, data: { snapshot_id: params.sid } });
    },
    restoreSnapshot: async ({ params, computers, request, actor }) => {
      const record = await computers.restoreSnapshot(params.id, params.sid);
      emit({ type: "snapshot.restored", computer_id: record.id, actor, data: { snapshot_id: params.sid } });
      return viewOf(context, request, record);
    },
  };
};
