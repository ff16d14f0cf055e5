import type { Computer } from "../../../src/client/index.ts";
import { type Section, sleep, timed } from "../bench.ts";
import type { Row } from "../stats.ts";

/** Enough that p99 is not the one slowest call. */
const EXECS = 200;
/** What one computer does to itself while another is measured, as root. Each goes on until the computer is deleted. */
const LOADS: Record<string, string> = {
  "a fork bomb": "bomb() { bomb | bomb & }; bomb; sleep 600",
  "full CPU": "for i in 1 2 3 4; do (while :; do :; done) & done; sleep 600",
  "a full root disk": "while :; do cat /dev/zero > /var/full 2>/dev/null; sync; rm -f /var/full; done",
  "full RAM": `perl -e 'my @all; while (1) { push @all, "x" x (1 << 20); select(undef, undef, undef, 0.001) if @all > 1e6 }'; sleep 600`,
};

const execs = async (computer: Computer): Promise<number[]> => {
  const values: number[] = [];
  for (let i = 0; i < EXECS; i++) values.push(await timed(() => computer.exec("true", { timeout_s: 120 })));
  return values;
};

/** exec in a quiet computer while the one beside it does its worst; the baseline is the same exec just before, beside a quiet one. */
export const neighbours: Section = async ({ vitrine, say }) => {
  const rows: Row[] = [];
  const quiet = await vitrine.computers.create();
  await execs(quiet);
  for (const [what, script] of Object.entries(LOADS)) {
    const noisy = await vitrine.computers.create({ disk_size_mb: 10_240 });
    await sleep(3000);
    const before = await execs(quiet);
    const worst = noisy.exec(script, { user: "root", timeout_s: 600 }).catch(() => {});
    await sleep(5000);
    const during = await execs(quiet);
    const { status } = await vitrine.computers.get(noisy.id);
    await noisy.delete();
    await worst;
    say(`beside ${what} (${status} afterwards)`);
    rows.push({ name: `exec beside ${what}`, unit: "ms", values: during, baseline: { name: "beside a quiet one", values: before } });
  }
  await quiet.delete();
  return rows;
};
