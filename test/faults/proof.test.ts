import { expect } from "vitest";
import type { Computer } from "../../src/client/index.ts";
import { fault } from "./fault.ts";
import { startedService } from "./started-service.ts";

const MIB = 1024 ** 2;
/** GiB that are written below /home/ohm, beside a system disk of 2 GiB: more than it would hold. With 6 it takes six minutes where the guest is emulated. */
const GIB = Number(process.env.VITRINE_PROOF_GIB ?? 2.5);
const PATIENCE_S = 1500;

/** Files of 256 MiB, no two blocks alike, each on the disk before the next is begun. */
const WRITE = `
import hashlib, os, sys
block = bytearray(os.urandom(1 << 20))
for file in range(${GIB * 4}):
    with open(f"/home/ohm/proof/{file}", "wb") as out:
        for number in range(256):
            block[:8] = (file << 32 | number).to_bytes(8, "big")
            out.write(block)
        out.flush()
        os.fsync(out.fileno())
`;
const HASH = "cd /home/ohm/proof && cat $(ls | sort -n) | md5sum";

const service = await startedService();

const run = async (computer: Computer, command: string): Promise<string> => {
  const { exit_code, stdout, stderr } = await computer.exec(command, { timeout_s: PATIENCE_S });
  expect(exit_code, stderr).toBe(0);
  return stdout.trim();
};

fault(
  {
    id: "S3",
    what: `a computer with a 2 GiB system disk writes and hashes ${GIB} GiB below /home/ohm with fsync`,
    expected: "the same hash after stop and start; the host has the space again after rm",
  },
  async () => {
    const computer = await service.vitrine.computers.create({ template: "scratch", ram_mb: 1024, disk_size_mb: 2048 });
    expect(await run(computer, "df -h --output=source,size / /home/ohm | tail -n 2 | tr -s ' '")).toMatch(
      /^\/dev\/root (1\.9|2\.0)G\ncelestofs 1\.0P$/,
    );
    await computer.files.write("/home/ohm/write.py", WRITE);
    await run(computer, "mkdir proof && python3 write.py && rm write.py");
    const before = await run(computer, HASH);
    const full = (await computer.refresh()).workspace_used_bytes;
    expect(full).toBeGreaterThan(GIB * 1024 * MIB);
    await computer.stop({ mode: "shutdown" });
    await computer.start();
    expect(await run(computer, HASH)).toBe(before);
    await run(computer, "rm -r proof && sync");
    await expect.poll(async () => (await computer.refresh()).workspace_used_bytes, { timeout: 120_000 }).toBeLessThan(256 * MIB);
    const empty = (await computer.refresh()).workspace_used_bytes;
    await computer.delete();
    const inMib = (bytes: number) => Math.round(bytes / MIB);
    return `hash ${before.slice(0, 8)} both times; ${inMib(full)} MiB on the host, then ${inMib(empty)}`;
  },
);
