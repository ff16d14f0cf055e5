import type { Usage } from "../../contract/usage.ts";
import type { Store } from "../store/store.ts";
import type { Meter } from "./resources.ts";

/** What each running computer uses of the host now. One whose machine is ending has none. */
export const usage = (store: Pick<Store["computers"], "living">, meter: Pick<Meter, "ownMb" | "cpuS">): Usage[] =>
  store.living().flatMap(({ id, status, machine }) => {
    if (status !== "running" || !machine) return [];
    const { pid } = machine.identity;
    const cpu_s = meter.cpuS(pid);
    return cpu_s === null ? [] : [{ computer_id: id, cpu_s, memory_mb: meter.ownMb(pid) }];
  });
