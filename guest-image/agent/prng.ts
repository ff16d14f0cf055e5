import { closeSync, openSync, readdirSync, readFileSync, readlinkSync, writeSync } from "node:fs";

/** A page of a process that the kernel wipes when the process forks (madvise(2), MADV_WIPEONFORK). */
interface WipePage {
  at: number;
  length: number;
}

interface Process {
  pid: number;
  /** Since boot; tells a process from a later one with the same pid. */
  started: string;
  pages: WipePage[];
}

const MAX_LENGTH = 64 * 1024;

const pagesOf = (pid: number): WipePage[] => {
  const pages: WipePage[] = [];
  let area: WipePage | null = null;
  for (const line of readFileSync(`/proc/${pid}/smaps`, "latin1").split("\n")) {
    const [, start, end] = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line) ?? [];
    if (start !== undefined && end !== undefined)
      area = { at: Number.parseInt(start, 16), length: Number.parseInt(end, 16) - Number.parseInt(start, 16) };
    else if (/^[0-9a-f]+-[0-9a-f]+ /.test(line)) area = null;
    else if (area && area.length <= MAX_LENGTH && /^VmFlags:.* wf\b/.test(line)) pages.push(area);
  }
  return pages;
};

/** Start time of a live process that runs `program`; null for any other. */
const startedIf = (pid: string, program: string): string | null => {
  try {
    if (readlinkSync(`/proc/${pid}/exe`) !== program) return null;
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? null;
  } catch {
    return null; // It has ended, or is a kernel thread.
  }
};

/**
 * The pages by which Chromium's random number generators (BoringSSL's, one in each process) notice a fork. A generator that finds its page wiped seeds itself anew from
 * the kernel; a restore is a fork of the whole machine that nobody in it notices, so two computers from one template would use the same numbers for TLS.
 */
export class ForkPages {
  readonly #program: string;
  #known: Process[] = [];

  constructor(program = "/usr/lib/chromium/chromium") {
    this.#program = program;
  }

  /** Finds the pages of processes that have come since the last look. They stay where they are, and to find them takes long: some 100 ms a process, emulated. */
  look(): void {
    const now = readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => {
        const started = startedIf(name, this.#program);
        return started === null ? [] : [{ pid: Number(name), started }];
      });
    this.#known = now.map(({ pid, started }) => {
      const known = this.#known.find((process) => process.pid === pid && process.started === started);
      return known ?? { pid, started, pages: pagesOf(pid) };
    });
  }

  /** Wipes the pages that were found, as a fork would have. */
  wipe(): void {
    for (const { pid, pages } of this.#known) {
      try {
        const fd = openSync(`/proc/${pid}/mem`, "r+");
        try {
          for (const { at, length } of pages) writeSync(fd, Buffer.alloc(length), 0, length, at);
        } finally {
          closeSync(fd);
        }
      } catch {
        // It has ended.
      }
    }
  }
}
