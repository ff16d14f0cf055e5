import { readdirSync, readFileSync } from "node:fs";
import type { Computer } from "../../../src/client/index.ts";
import { type Section, sleep } from "../bench.ts";
import { bringPrograms } from "../guest-programs.ts";
import type { Row } from "../stats.ts";

const MEASURE_MS = 20_000;
const TICKS_PER_S = 100;
const STILL = `<!doctype html><title>still</title><h1>Nothing moves here</h1>`;
/** Ten pictures a second, each of them another. */
const MOVING = `<!doctype html><title>moving</title><body style="margin:0"><div id=b style="position:fixed;width:200px;height:200px;background:#c33"></div><script>
let n = 0; setInterval(() => { n++; b.style.left = (n * 17) % 1000 + "px"; b.style.top = (n * 11) % 400 + "px"; b.style.background = "hsl(" + (n * 20) % 360 + " 70% 50%)"; }, 100);
</script>`;

/** Seconds of processor time that processes have used, by the name of their program. Source: proc(5), stat. */
const processorTime = (): { qemu: number; ffmpeg: number } => {
  const sum = { qemu: 0, ffmpeg: 0 };
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      const name = stat.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")"));
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      const seconds = (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S;
      if (name.startsWith("qemu-system")) sum.qemu += seconds;
      if (name === "ffmpeg") sum.ffmpeg += seconds;
    } catch {
      // It has ended.
    }
  }
  return sum;
};

/** Percent of one core, over a while: of the guest (all of QEMU), and of the host (this service and its ffmpeg). */
const usage = async (): Promise<{ guest: number; host: number }> => {
  const before = { ...processorTime(), service: process.cpuUsage() };
  await sleep(MEASURE_MS);
  const after = processorTime();
  const service = process.cpuUsage(before.service);
  const share = (seconds: number) => (100 * seconds) / (MEASURE_MS / 1000);
  return {
    guest: share(after.qemu - before.qemu),
    host: share(after.ffmpeg - before.ffmpeg + (service.user + service.system) / 1e6),
  };
};

/** What recording costs, host and guest, on a still page and on a moving one at 720p, beside ffmpeg's x11grab in the guest. */
export const recorder: Section = async ({ vitrine, say }) => {
  const computer: Computer = await vitrine.computers.create({ browser: { viewport: { width: 1280, height: 720 } } });
  const run = await bringPrograms(computer, ["ffmpeg"]);
  const browser = await computer.connectPlaywright({ timeout: 120_000 });
  const page = browser.contexts()[0]!.pages()[0]!;
  page.setDefaultTimeout(120_000);
  const rows: Row[] = [];
  for (const [what, html] of [
    ["still", STILL],
    ["moving", MOVING],
  ] as const) {
    await page.setContent(html);
    await sleep(3000);
    const idle = await usage();
    const { id } = await computer.recorder.start({ fps: 12 });
    await sleep(1000);
    const recorded = await usage();
    const { frames, duration_s, size_bytes } = await computer.recorder.stop(id);
    say(`${what}: ${frames} frames in ${duration_s.toFixed(1)} s, ${size_bytes} bytes`);
    const grab = ["-v", "error", "-f", "x11grab", "-framerate", "12", "-i", ":0", "-c:v", "libx264", "-preset", "veryfast", "-y"];
    const { pid } = await computer.processes.start({ argv: [...run("ffmpeg"), ...grab, "/home/ohm/bench/a.mp4"], env: { DISPLAY: ":0" } });
    await sleep(5000);
    const grabbed = await usage();
    if (!(await computer.processes.get(pid)).running) throw new Error("ffmpeg in the guest has ended by itself");
    await computer.processes.signal(pid, "KILL");
    rows.push(
      { name: `recording a ${what} page, 720p: host`, unit: "% of a core", values: [recorded.host - idle.host] },
      {
        name: "  guest, beyond not recording",
        unit: "% of a core",
        values: [recorded.guest - idle.guest],
        baseline: { name: "ffmpeg x11grab in the guest", values: [grabbed.guest - idle.guest] },
      },
      { name: "  frames a second recorded", unit: "fps", values: [frames / duration_s] },
    );
  }
  await browser.close();
  await computer.delete();
  return rows;
};
