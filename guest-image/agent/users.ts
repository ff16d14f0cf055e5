import { readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { GUEST_USER } from "../../src/contract/guest/protocol.ts";
import { invalid } from "./fault.ts";

export interface User {
  name: string;
  uid: number;
  gid: number;
  home: string;
  shell: string;
  /** Groups besides its own. */
  groups: number[];
}

const lines = (file: string): string[][] =>
  readFileSync(file, "utf8")
    .split("\n")
    .map((line) => line.split(":"));

/** Root may act as others; an agent that is not root (a test) is only itself. */
export const isRoot = process.getuid?.() === 0;

/** Stands in for every user's home when the agent runs elsewhere, as in its tests: what a host's own shells are set up with is none of theirs. */
const { VITRINE_AGENT_HOME: elsewhere } = process.env;

const self = (): User => {
  const { username, uid, gid, homedir, shell } = userInfo();
  return { name: username, uid, gid, home: elsewhere ?? homedir, shell: shell ?? "/bin/sh", groups: [] };
};

/** The user of this name in /etc/passwd, read anew each time because programs of the guest add users. */
export const userNamed = (name: string): User => {
  const entry = lines("/etc/passwd").find(([n]) => n === name);
  const [, , uid, gid, , home, shell] = entry ?? [];
  if (uid === undefined || gid === undefined || (!isRoot && Number(uid) !== process.getuid?.())) {
    if (name === GUEST_USER.name) return self();
    throw invalid(`the computer has no user ${name}`);
  }
  return {
    name,
    uid: Number(uid),
    gid: Number(gid),
    home: elsewhere ?? (home || "/"),
    shell: shell || "/bin/sh",
    groups: lines("/etc/group")
      .filter(([, , id, members]) => id !== gid && (members ?? "").split(",").includes(name))
      .map(([, , id]) => Number(id)),
  };
};

/** The user whose files the host reads and writes. */
export const guestUser = (): User => userNamed(GUEST_USER.name);

/** Names of owners, by uid. */
export const userNames = (): Map<number, string> => new Map(lines("/etc/passwd").map(([name = "", , uid]) => [Number(uid), name]));

/**
 * Runs short synchronous work with the user's effective ids, so that a link planted in the user's folders leads root nowhere that the user may not go.
 * Nothing else of the agent runs meanwhile. The supplementary groups are the guest user's from the agent's start (main.ts).
 */
export const asUser = <T>(user: User, work: () => T): T => {
  if (!isRoot || user.uid === 0) return work();
  process.setegid!(user.gid);
  process.seteuid!(user.uid);
  try {
    return work();
  } finally {
    process.seteuid!(0);
    process.setegid!(0);
  }
};
