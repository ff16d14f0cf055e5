import { Gauge, type Registry } from "prom-client";
import { STATUSES, type Status } from "../../contract/computer.ts";
import type { Capacity } from "../capacity/capacity.ts";

/** Where the present is read, whenever the metrics are. */
export interface Present {
  /** Of each computer that is not deleted. */
  statuses(): readonly Status[];
  /** Computers that wait in the pool. */
  waiting(): number;
  recordings(): { statuses: readonly string[]; bytes: number };
  /** What is open, by kind. */
  relays(): readonly (readonly [string, number])[];
  /** Of each webhook, whether it is disabled. */
  webhooks(): readonly { disabled_at: string | null }[];
  capacity: Capacity["report"];
  /** Less is free than is to stay free. */
  diskLow(): boolean;
}

type Value = readonly [labels: Record<string, string>, value: number];
const MIB = 1024 ** 2;
const countOf = <T>(all: readonly T[], one: T): number => all.filter((other) => other === one).length;

/** What is so at this moment. */
export const addGauges = (register: Registry, { statuses, waiting, recordings, relays, webhooks, capacity, diskLow }: Present): void => {
  const gauge = (name: string, help: string, labelNames: readonly string[], read: () => readonly Value[]): void => {
    const metric: Gauge = new Gauge({
      name: `vitrine_${name}`,
      help,
      labelNames: [...labelNames],
      registers: [register],
      collect: () => {
        for (const [labels, value] of read()) metric.set(labels, value);
      },
    });
  };
  const living = STATUSES.filter((status) => status !== "deleted");

  gauge("computers", "Computers, by status", ["status"], () => {
    const all = statuses();
    return living.map((status) => [{ status }, countOf(all, status)]);
  });
  gauge("pool_waiting", "Computers that wait to be claimed", [], () => [[{}, waiting()]]);
  gauge("recordings_active", "Recordings that are not finished, by status", ["status"], () => {
    const all = recordings().statuses;
    return ["recording", "finalizing"].map((status) => [{ status }, countOf(all, status)]);
  });
  gauge("recordings_bytes", "Bytes of all recordings", [], () => [[{}, recordings().bytes]]);
  gauge("relays_open", "What is open into computers, by kind", ["kind"], () => relays().map(([kind, count]) => [{ kind }, count]));
  gauge("webhooks", "Webhooks, by status", ["status"], () => {
    const all = webhooks();
    const disabled = all.filter(({ disabled_at }) => disabled_at !== null).length;
    return [
      [{ status: "active" }, all.length - disabled],
      [{ status: "disabled" }, disabled],
    ];
  });

  const rooms = [
    ["computers", "computers", "Computers that may run", 1],
    ["vcpus", "vcpus", "Virtual processors that may be promised", 1],
    ["ram_bytes", "ram_mb", "Memory of the host", MIB],
    ["disk_bytes", "disk_mb", "Disk of the data directory", MIB],
  ] as const;
  for (const [name, resource, help, unit] of rooms)
    gauge(`capacity_${name}`, `${help}, used or promised, and free`, ["state"], () => {
      const room = capacity()[resource];
      return (["used", "free"] as const).map((state) => [{ state }, room[state] * unit]);
    });
  gauge("capacity_fits", "Computers of the default size for which there is room", [], () => [[{}, capacity().fits]]);
  gauge("disk_low", "1 while the data directory's disk has less free than the reserve", [], () => [[{}, diskLow() ? 1 : 0]]);
  gauge("queue", "Creates and starts, under way and waiting for their turn", ["state"], () => {
    const { queue } = capacity();
    return (["running", "waiting"] as const).map((state) => [{ state }, queue[state]]);
  });
};
