import { execFileSync } from "node:child_process";
import { createWriteStream } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { afterAll, beforeAll, expect } from "vitest";
import type { Recordings, VitrineError } from "../../src/client/index.ts";
import { serviceProcess } from "../support/service-process.ts";
import { colours, probe } from "../unit/recordings/video.ts";
import { fault } from "./fault.ts";

/** A page whose colour tells the time: blue counts the half seconds, by sixteens, since it was loaded. */
const PAGE = `<!doctype html><title>clock</title><body><script>
const began = performance.now();
setInterval(() => {
  const n = Math.floor((performance.now() - began) / 500) % 16;
  document.body.style.background = "rgb(" + [n * 16, 0, 255 - n * 16] + ")";
}, 100);
</script>`;
/** A second may be lost, says the recorder; emulation and a busy machine add to that. Seconds. */
const MAY_MISS = 3;

let service: Awaited<ReturnType<typeof serviceProcess>>;
let site: Server;
beforeAll(async () => {
  service = await serviceProcess();
  site = createServer((_request, response) => response.setHeader("Content-Type", "text/html").end(PAGE));
  await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
});
afterAll(async () => {
  site.closeAllConnections();
  site.close();
  await service.stop();
  service.remove();
});

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const since = (start: string) => (Date.now() - Date.parse(start)) / 1000;
/** When each frame is shown, in seconds. */
const times = (file: string): number[] =>
  execFileSync("ffprobe", ["-v", "error", "-select_streams", "v:0", "-show_entries", "packet=pts_time", "-of", "csv=p=0", file], {
    encoding: "utf8",
  })
    .split("\n")
    .filter(Boolean)
    .map((line) => Number.parseFloat(line))
    .sort((a, b) => a - b);
const fetchVideo = async (recorder: Recordings, id: string): Promise<string> => {
  const file = join(service.dataDir, `${id}.mp4`);
  await pipeline(await recorder.video(id), createWriteStream(file));
  return file;
};

fault(
  {
    id: "F10",
    what: "a recording, and kill -9 of ffmpeg, of the service and of QEMU",
    expected: "one video of it all with its chapters, each time about 1 s lost at most; 409 until it is ready",
  },
  async () => {
    const { vitrine } = service;
    await service.start();
    const { port } = site.address() as AddressInfo;
    const url = `http://host.vitrine.internal:${port}/clock?secret=1`;
    const computer = await vitrine.computers.create({
      name: "filmed",
      record_video: { fps: 10 },
      network: { host_ports: [port] },
      browser: { viewport: { width: 800, height: 600 } },
    });
    const { recorder } = computer;
    const [{ id, started_at } = { id: "", started_at: "" }] = await recorder.list();
    expect(await recorder.get(id)).toMatchObject({ status: "recording", automatic: true, fps: 10 });
    const browser = await computer.connectPlaywright({ timeout: 120_000 });
    await browser.contexts()[0]!.pages()[0]!.goto(url, { timeout: 120_000 });
    await browser.close();
    await computer.act([{ type: "click", x: 400, y: 400 }]);
    await recorder.mark(id, "by hand");
    await sleep(4000);

    const [encoder] = service.processes("ffmpeg");
    const ffmpegKilled = since(started_at);
    process.kill(Number(encoder), "SIGKILL");
    await sleep(4000);

    const serviceKilled = since(started_at);
    await service.kill();
    await service.start();
    const serviceBack = since(started_at);
    expect(await recorder.get(id)).toMatchObject({ status: "recording" });
    await sleep(4000);

    const qemuKilled = since(started_at);
    for (const pid of service.processes("qemu-system")) process.kill(Number(pid), "SIGKILL");
    const refused = new Set<unknown>();
    const isReady = async () => {
      try {
        (await recorder.video(id)).destroy();
        return true;
      } catch (error) {
        expect(error).toMatchObject({ code: "recording_not_ready", status: 409 });
        refused.add((error as VitrineError).details.status);
        return false;
      }
    };
    await expect.poll(isReady, { timeout: 60_000, interval: 5 }).toBe(true);
    expect((await computer.refresh()).status).toBe("error");
    await computer.delete();
    expect(service.processes()).toEqual([]);

    const recorded = await recorder.get(id);
    expect(recorded).toMatchObject({ status: "ready", end_reason: "computer_stopped", error: null });
    const titles = recorded.chapters.map(({ title }) => title);
    expect(titles).toEqual([expect.stringMatching(/^Page http.*\/clock$/), "Click at 400, 400", "by hand"]);
    expect(await vitrine.recordings("filmed").list()).toHaveLength(1);

    const file = await fetchVideo(recorder, id);
    const video = probe(file);
    expect(video).toMatchObject({ codec: "h264", width: 800, height: 600, frames: recorded.frames });
    expect(video.chapters.map(({ title }) => title).slice(-3)).toEqual(titles);
    const shown = times(file);
    const lastBefore = (moment: number) => Math.max(...shown.filter((at) => at < moment));
    const lost = {
      ffmpeg: ffmpegKilled - lastBefore(ffmpegKilled),
      service: serviceKilled - lastBefore(serviceKilled),
      QEMU: qemuKilled - video.duration,
    };
    const firstAfter = (moment: number) => Math.min(...shown.filter((at) => at > moment));
    for (const [killed, seconds] of Object.entries(lost)) expect(seconds, killed).toBeLessThan(MAY_MISS);
    expect(firstAfter(ffmpegKilled) - ffmpegKilled).toBeLessThan(MAY_MISS);
    expect(firstAfter(serviceBack) - serviceBack).toBeLessThan(MAY_MISS);
    // All of it can be decoded, and the page is in it: the counter's colours, more or less blue.
    const seen = colours(file);
    expect(seen).toHaveLength(video.frames);
    expect(new Set(seen.filter(([, green]) => green! < 40).map(([red]) => Math.round(red! / 16))).size).toBeGreaterThan(6);
    const words = Object.entries(lost).map(([killed, seconds]) => `${killed} ${Math.max(0, seconds).toFixed(1)} s`);
    return `lost: ${words.join(", ")}; ${video.frames} frames, all decodable, ${titles.length} chapters; 409 while ${[...refused].join(" and ")}`;
  },
);
