import { statSync } from "node:fs";
import type { ProcessSpec } from "../../src/contract/guest/protocol.ts";
import { invalid, pathFault } from "./fault.ts";
import { checkPath } from "./paths.ts";
import { asUser, isRoot, type User } from "./users.ts";

const SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** A login's variables, over them those of the settings, over them those of the call. */
export const environment = (user: User, settings: Record<string, string>, spec: ProcessSpec): Record<string, string> => ({
  HOME: user.home,
  USER: user.name,
  LOGNAME: user.name,
  SHELL: user.shell,
  PATH: SYSTEM_PATH,
  LANG: "C.UTF-8",
  DISPLAY: ":0",
  ...settings,
  ...spec.env,
});

/** The folder to start in: the given one, which the user must be able to enter, or else the user's home. */
export const startFolder = (user: User, spec: ProcessSpec): string => {
  const cwd = spec.cwd === undefined ? user.home : checkPath(spec.cwd);
  try {
    // With the dot, stat needs the right to enter the folder too.
    asUser(user, () => statSync(`${cwd}/.`));
    return cwd;
  } catch (error) {
    if (spec.cwd === undefined) return "/";
    throw pathFault(error, cwd);
  }
};

/** What the agent executes, and with which ids when it is root. */
export const commandLine = (user: User, spec: ProcessSpec): { file: string; args: string[]; ids: { uid?: number; gid?: number } } => {
  const [file, ...args] = spec.argv ?? ["bash", "-lc", spec.command ?? ""];
  if (file === undefined || (spec.argv === undefined) === (spec.command === undefined)) throw invalid("give either command or argv");
  if (!isRoot) return { file, args, ids: {} };
  if (user.groups.length === 0) return { file, args, ids: { uid: user.uid, gid: user.gid } };
  // spawn drops all supplementary groups when it changes the user, so a member of several goes through setpriv.
  return { file: "setpriv", args: [`--reuid=${user.uid}`, `--regid=${user.gid}`, "--init-groups", "--", file, ...args], ids: {} };
};
