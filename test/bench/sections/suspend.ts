import { statSync } from "node:fs";
import { join } from "node:path";
import { connect, createAndConnect, type Section, timed } from "../bench.ts";

/** Suspending and resuming one computer, beside a restore. */
export const suspend: Section = async ({ vitrine, config, runs }) => {
  const suspended: number[] = [];
  const written: number[] = [];
  const resumed: number[] = [];
  const restored: number[] = [];
  const computer = await vitrine.computers.create();
  await connect(computer);
  for (let i = 0; i < Math.min(runs, 10); i++) {
    suspended.push(await timed(() => computer.stop()));
    written.push((statSync(join(config.dataDir, "computers", computer.id, "machine.state")).blocks * 512) / 1024 ** 2);
    resumed.push(
      await timed(async () => {
        await computer.start();
        await connect(computer);
      }),
    );
    restored.push(await createAndConnect(vitrine));
  }
  await computer.delete();
  return [
    { name: "suspend", unit: "ms", values: suspended },
    { name: "  written", unit: "MiB", values: written },
    { name: "resume -> Playwright connected", unit: "ms", values: resumed, baseline: { name: "restored", values: restored } },
  ];
};
