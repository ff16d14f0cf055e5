import { setTimeout as sleep } from "node:timers/promises";
import type { ServiceProcess } from "../../support/service-process.ts";
import type { Client } from "./client.ts";
import type { Known } from "./fleet.ts";
import { encodersIn, kill, machinesIn } from "./victims.ts";

/** Milliseconds within which a machine that is gone is an error. The bar is one second; this is for a host that emulates. */
const NOTICED_MS = 30_000;

interface Kill {
  name: string;
  weight: number;
  /** Resolves to false when there was nothing to kill. */
  run(): Promise<boolean>;
}

const isRunning = ({ status, verbs }: Known) => status === "running" && verbs === 0;

/** Kills something at random, again and again, until the time is up. From `steadyFrom` on the service is let live, so that its memory can be watched. */
export const chaos = async (
  client: Client,
  service: ServiceProcess,
  { until, steadyFrom, pause }: { until: number; steadyFrom: number; pause: number },
): Promise<void> => {
  const { fleet, random, tally } = client;

  client.operation = "chaos";

  const killMachine = async (): Promise<boolean> => {
    // One that is still being made from a template would cost the template, which others use.
    const victim = random.pick(machinesIn(service.dataDir).filter(({ id }) => fleet.known.has(id)));
    const known = victim && fleet.known.get(victim.id);
    if (!victim || !known) return false;
    fleet.machineKilled(known);
    if (!kill(victim)) return false;
    void noticed(client, known);
    return true;
  };

  /** By a command in the guest, which may end with what it kills. */
  const killInGuest = async (known: Known | undefined, hurt: "agentHurt" | "browserHurt", program: string[]): Promise<boolean> => {
    if (!known) return false;
    known[hurt] = Date.now();
    const outcome = await client.call(known, { needs: ["running"], takes: "agent" }, () =>
      known.computer.exec(["pkill", "-9", ...program], { user: "root", timeoutMs: 60_000 }),
    );
    known[hurt] = Date.now();
    // pkill answers 1 when it found none.
    return outcome.is === "unknown" || (outcome.is === "done" && outcome.value.exit_code === 0);
  };

  const killService = async (): Promise<boolean> => {
    if (Date.now() > steadyFrom) return false;
    const up = Promise.withResolvers<void>();
    fleet.down = up.promise;
    fleet.serviceKilled();
    await service.kill();
    await sleep(random.below(1500));
    if (random.chance(0.3)) await killMachine();
    const began = Date.now();
    await service.start();
    tally.count("seconds until it served again", String(Math.ceil((Date.now() - began) / 1000)));
    fleet.down = null;
    up.resolve();
    return true;
  };

  const kills: Kill[] = [
    { name: "QEMU", weight: 2, run: killMachine },
    { name: "agent", weight: 3, run: () => killInGuest(client.some(isRunning), "agentHurt", ["-f", "agent.mjs"]) },
    {
      name: "Chromium",
      weight: 3,
      run: () =>
        killInGuest(
          client.some((known) => isRunning(known) && known.computer.browser !== null),
          "browserHurt",
          ["-o", "chromium"],
        ),
    },
    {
      name: "ffmpeg",
      weight: 8,
      run: async () => {
        const victim = random.pick(encodersIn(service.dataDir));
        return victim !== undefined && kill(victim);
      },
    },
    { name: "service", weight: 3, run: killService },
  ];

  while (Date.now() < until) {
    await sleep(pause * (0.5 + random.next()));
    const { name, run } = random.weighed(kills) as Kill;
    if (await run()) tally.count("kills", name);
  }
};

/** A machine that was killed is an error soon, unless something else is done with its computer meanwhile. */
const noticed = async (client: Client, known: Known): Promise<void> => {
  const { fleet } = client;
  const before = fleet.before(known);
  const deadline = Date.now() + NOTICED_MS;
  const left = () => !fleet.calmSince(known, before) || known.fate !== "here";
  while (!left() && Date.now() < deadline) {
    await fleet.down;
    const status = await client.vitrine.computers.get(known.id, { timeoutMs: NOTICED_MS }).then(
      (computer) => computer.status,
      () => null,
    );
    if (left() || status === "error") return;
    await sleep(500);
  }
  if (!left()) client.violated("its machine was killed, and nobody noticed", known);
};
