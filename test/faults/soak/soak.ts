import { setTimeout as sleep } from "node:timers/promises";
import { serviceProcess } from "../../support/service-process.ts";
import { chaos } from "./chaos.ts";
import { Client } from "./client.ts";
import { slopes } from "./flat.ts";
import { Fleet } from "./fleet.ts";
import { followStatuses } from "./follower.ts";
import { filesOf, look, type Sample } from "./gauges.ts";
import { fileOperations } from "./operations/files.ts";
import { guestOperations } from "./operations/guest.ts";
import { create, machineOperations } from "./operations/machines.ts";
import { screenOperations } from "./operations/screen.ts";
import { reckon, reckonFiles, reckonStore } from "./reckoning.ts";
import type { Report } from "./report.ts";
import { Tally } from "./tally.ts";

export interface SoakOptions {
  seed: number;
  seconds: number;
  clients: number;
  say(line: string): void;
}

/** From this part of the time on the service is not killed. */
const STEADY = 0.6;
const SAMPLE_MS = 2000;
/** Milliseconds between two operations of a client, and between two kills. */
const THINK_MS = 3000;
const PAUSE_MS = 7000;
/** Lines of the service's log that are shown with violations. */
const LOG_LINES = 100;
/** Computers that are made before anything else. */
const FIRST = 3;
/** Seconds that events are kept: the store is to be full early. */
const RETENTION_S = 60;

const OPERATIONS = [...machineOperations, ...fileOperations, ...guestOperations, ...screenOperations];

/** Random operations of clients at the same time, while what they work with is killed; then the reckoning. */
export const soak = async ({ seed, seconds, clients, say }: SoakOptions): Promise<Report> => {
  const service = await serviceProcess({ VITRINE_EVENT_RETENTION_S: String(RETENTION_S), VITRINE_LOG_LEVEL: "warn" });
  const fleet = new Fleet();
  const [operations, kills] = [new Tally(), new Tally()];
  const newClient = (index: number, tally: Tally) => new Client(index, seed, service, fleet, tally);
  const samples: Sample[] = [];
  let began = Date.now();
  const life = { count: 0, began };
  const sample = () => {
    const taken = fleet.down ? null : look(service.pid(), service.dataDir);
    if (!taken) return;
    if (fleet.outages !== life.count) Object.assign(life, { count: fleet.outages, began: Date.now() });
    samples.push({ at: Date.now() - began, life: life.count, age: Date.now() - life.began, ...taken });
  };
  const sampling = setInterval(sample, SAMPLE_MS);
  const following = new AbortController();
  try {
    await service.start();
    const fresh = filesOf(service.pid());
    const changes = followStatuses(service.vitrine, fleet, following.signal);
    const all = Array.from({ length: clients }, (_, i) => newClient(i, operations));
    // There is something to work with from the beginning.
    await Promise.all(all.slice(0, FIRST).map((client) => create.run(client)));
    began = Date.now();
    samples.length = 0;
    const until = began + seconds * 1000;
    await Promise.all([
      ...all.map((client) => client.run(OPERATIONS, until, THINK_MS)),
      chaos(newClient(clients, kills), service, { until, steadyFrom: began + seconds * 1000 * STEADY, pause: PAUSE_MS }),
    ]);
    clearInterval(sampling);
    say(`${operations.total()} calls were made; what was promised is looked at`);
    const last = newClient(clients + 1, new Tally());
    await reckon(last, service);
    following.abort();
    const followed = await changes;
    await reckonFiles(last, service.pid(), fresh);
    await service.stop();
    reckonStore(last, service);
    // What the last of the services had to say of it.
    if (fleet.violations.length > 0) say(service.log().split("\n").slice(-LOG_LINES).join("\n"));
    const compared = last.tally.get("files compared", "as promised") + operations.get("files compared", "as promised");
    say(`${compared} files were compared`);
    return { seed, clients, seconds, operations, kills, changes: followed, slopes: slopes(samples), violations: fleet.violations };
  } finally {
    clearInterval(sampling);
    following.abort();
    await service.kill();
    await sleep(0);
    service.remove();
  }
};
