import { execFileSync } from "node:child_process";
import { mkdtempSync, rmdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Why no disk of its own can be given to a test here; null: it can. */
export const noSmallDisk = (): string | null => {
  if (process.geteuid?.() !== 0) return "mounting a small disk takes root";
  try {
    smallDisk(1).remove();
    return null;
  } catch (error) {
    return `no small disk can be mounted here: ${String((error as Error).message).split("\n")[0]}`;
  }
};

/** A disk of `mb` MiB, mounted at `dir`, that can be filled. */
export const smallDisk = (mb: number) => {
  const dir = mkdtempSync(join(tmpdir(), "vd-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${mb}m,mode=700`, "vitrine-test", dir]);
  const ballast = join(dir, "ballast");
  const freeMb = (): number => {
    const { bavail, bsize } = statfsSync(dir);
    return (bavail * bsize) / 1024 ** 2;
  };
  return {
    dir,
    freeMb,
    /** Leaves no more than so much free, MiB. */
    fill: (leftMb = 0): void => {
      const size = Math.ceil((freeMb() - leftMb) * 1024 ** 2);
      try {
        writeFileSync(ballast, Buffer.alloc(Math.max(0, size)));
      } catch (error) {
        if (leftMb > 0 || (error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
      }
    },
    free: (): void => rmSync(ballast, { force: true }),
    remove: (): void => {
      // Who worked in it has just ended, or had a file open until then.
      execFileSync("umount", ["-l", dir]);
      rmdirSync(dir);
    },
  };
};
