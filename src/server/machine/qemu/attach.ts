import { watch } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { RUN_DIR } from "../confinement/owner.ts";
import { QMP_SOCKET } from "./args.ts";
import { connectQmp, type Qmp } from "./qmp.ts";

/** Connects to the QMP socket in `dir`, now or once QEMU has made it. Ends with `signal`. */
export const attach = async (dir: string, signal: AbortSignal): Promise<Qmp> => {
  let changed = Promise.withResolvers<void>();
  const watcher = watch(join(dir, RUN_DIR), () => changed.resolve());
  const onAbort = () => changed.reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    for (;;) {
      signal.throwIfAborted();
      changed = Promise.withResolvers<void>();
      changed.promise.catch(() => {});
      try {
        return await connectQmp(join(dir, QMP_SOCKET), signal);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === "ENOENT") await changed.promise;
        // Between bind and listen the file is there and refuses; nothing tells of the listen.
        else if (code === "ECONNREFUSED") await sleep(5, undefined, { signal });
        else throw error;
      }
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
    watcher.close();
  }
};
