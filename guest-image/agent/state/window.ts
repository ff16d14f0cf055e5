import { type ChildProcess, execFile, spawn } from "node:child_process";
import { guestUser, isRoot } from "../users.ts";

const AGAIN_MS = 1000;
const LOOK_MS = 10_000;
const PROPERTY = "_NET_CLIENT_LIST";

const hasWindow = (line: string): boolean => /#\s*0x[0-9a-f]/.test(line);

export interface WindowWatch {
  /** Whether the window manager lists a window; at the start that can only be Chromium's. */
  readonly mapped: boolean;
  /** Begins or ceases to watch. */
  follow(display: boolean): void;
  /** Asks once more, beside the watching. */
  look(): void;
}

/**
 * Follows the X property _NET_CLIENT_LIST by `xprop -spy`, which writes a line at each change. It first prints what is there and asks for changes
 * only then, so a window that is mapped in between is never told of: seen as a computer that never became whole. Hence the second look.
 */
export const watchWindows = (onChange: () => void, path = "/usr/bin:/bin"): WindowWatch => {
  let child: ChildProcess | null = null;
  let again: NodeJS.Timeout | undefined;
  let wanted = false;
  let mapped = false;

  const set = (value: boolean) => {
    if (mapped === value) return;
    mapped = value;
    onChange();
  };

  const asUser = () => {
    const { uid, gid, home } = guestUser();
    return { cwd: "/", env: { PATH: path, HOME: home, DISPLAY: ":0", LANG: "C.UTF-8" }, ...(isRoot && { uid, gid }) };
  };

  const look = () => {
    const watching = child;
    if (!watching || mapped) return;
    execFile("xprop", ["-root", "-notype", PROPERTY], { ...asUser(), timeout: LOOK_MS }, (error, stdout) => {
      if (!error && child === watching && hasWindow(stdout)) set(true);
    });
  };

  const start = () => {
    const xprop = spawn("xprop", ["-root", "-notype", "-spy", PROPERTY], { ...asUser(), stdio: ["ignore", "pipe", "ignore"] });
    child = xprop;
    let rest = "";
    xprop.stdout.once("data", () => setImmediate(look));
    xprop.stdout.on("data", (chunk: Buffer) => {
      const lines = (rest + chunk.toString("latin1")).split("\n");
      rest = (lines.pop() ?? "").slice(-4096);
      const line = lines.at(-1);
      if (line !== undefined) set(hasWindow(line));
    });
    xprop.once("error", () => {});
    xprop.once("close", () => {
      if (child !== xprop) return;
      child = null;
      set(false);
      // The X server has gone, and says so by its marker; or xprop alone has.
      if (wanted) again = setTimeout(start, AGAIN_MS);
    });
  };

  return {
    get mapped() {
      return mapped;
    },
    look,
    follow: (display) => {
      if (display === wanted) return;
      wanted = display;
      clearTimeout(again);
      if (wanted && !child) start();
      else if (!wanted) {
        child?.kill();
        child = null;
        set(false);
      }
    },
  };
};
