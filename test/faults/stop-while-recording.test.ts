import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { expect } from "vitest";
import { probe } from "../unit/recordings/video.ts";
import { fault } from "./fault.ts";
import { startedService } from "./started-service.ts";

const service = await startedService();

fault(
  {
    id: "F19",
    what: "a stop, and a delete, in the middle of a recording",
    expected: "each time the file is finalized: a whole mp4 that can be fetched, also when the computer is gone",
  },
  async () => {
    const { vitrine } = service;
    const computer = await vitrine.computers.create();
    const lengths: number[] = [];
    for (const end of [() => computer.stop(), () => computer.delete()]) {
      await computer.start();
      const { id } = await computer.recorder.start();
      await computer.act([
        { type: "move", x: 100, y: 100 },
        { type: "wait", ms: 3000 },
      ]);
      await end();
      const recordings = vitrine.recordings(computer.id);
      await expect.poll(async () => (await recordings.get(id)).status, { timeout: 120_000 }).toBe("ready");
      const file = join(service.dataDir, `${id}.mp4`);
      await pipeline(await recordings.video(id), createWriteStream(file));
      const { duration } = probe(file);
      expect(duration).toBeGreaterThan(2);
      lengths.push(Math.round(duration));
    }
    expect(service.processes()).toEqual([]);
    return `two whole videos, of ${lengths.join(", ")} s`;
  },
);
