import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { watchDisk } from "../../../src/server/capacity/disk-watch.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("tells once when less is free than is to stay free, and once when there is enough again", () => {
  let freeMb = 5000;
  const disk = watchDisk({ freeMb: () => freeMb, reserveMb: 2048 });
  const told: string[] = [];
  for (const name of ["low", "ok"] as const) disk.events.on(name, () => told.push(name));
  let rooms = 0;
  disk.events.on("room", () => rooms++);
  const later = () => vi.advanceTimersByTime(10_000);

  disk.require();
  freeMb = 2047;
  later();
  later();
  expect(told).toEqual(["low"]);
  expect(disk.low).toBe(true);
  expect(() => disk.require()).toThrow(expect.objectContaining({ code: "host_disk_low", details: { free_mb: 2047, reserve_mb: 2048 } }));
  rooms = 0;
  later();
  expect(rooms).toBe(0);
  freeMb = 2048;
  later();
  later();
  expect(told).toEqual(["low", "ok"]);
  expect(rooms).toBe(2);
  disk.close();
  freeMb = 0;
  later();
  expect(told).toHaveLength(2);
});

test("a disk with next to nothing free is full, though nothing is to stay free", () => {
  const disk = watchDisk({ freeMb: () => 10, reserveMb: 0 });
  expect(disk.low).toBe(true);
  disk.close();
});
