import { z } from "zod";

const Room = z.object({
  total: z.int(),
  used: z.int().describe("In use, promised, or kept in reserve"),
  free: z.int().describe("Left for more"),
});

/** How much the host takes on, and how much more of it. */
export const Capacity = z
  .object({
    computers: Room.describe("Computers that run or are being started"),
    ram_mb: Room,
    vcpus: Room.describe("The host's processors, as often as each may be promised"),
    disk_mb: Room.describe("Of the disk that the data directory is on"),
    fits: z.int().describe("How many more computers of the default size"),
    limited_by: z.enum(["computers", "ram", "vcpus", "disk"]).describe("What runs out first"),
    queue: z
      .object({ running: z.int(), waiting: z.int(), max_running: z.int(), max_waiting: z.int() })
      .describe("Creates and starts that are under way, and those that wait for their turn"),
  })
  .meta({ id: "Capacity" });
export type Capacity = z.infer<typeof Capacity>;
