import { readFileSync } from "node:fs";
import { AGENT_SERIAL_PORT } from "../../../contract/guest/protocol.ts";
import { identify, type ProcessIdentity, readStat } from "../../process/identity.ts";
import { cwdOf, livePids } from "../../process/kill.ts";

const commandLine = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
};

/**
 * VMMs that run in the directories that are meant, on record or not: a service that was killed between starting one and writing it down leaves a nameless one.
 * Only a session's leader with our command line counts, never a person's shell that happens to be there.
 */
export const strays = (isMeant: (dir: string) => boolean): { dir: string; identity: ProcessIdentity }[] =>
  livePids().flatMap((pid) => {
    if (readStat(pid)?.session !== pid) return [];
    const dir = cwdOf(pid);
    if (dir === null || !isMeant(dir) || !commandLine(pid).includes(AGENT_SERIAL_PORT)) return [];
    const identity = identify(pid);
    return identity ? [{ dir, identity }] : [];
  });
