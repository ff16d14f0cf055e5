import { log } from "../log.ts";
import { readMarker } from "../marker.ts";
import { browserPath, holdConnection } from "./devtools.ts";

const LISTENING = "DevTools listening on ws://";
const MAX_READ = 256 * 1024;
/** Waits before Chromium is asked again, should its log not say that it listens. */
const FIRST_AGAIN_MS = 250;
const LAST_AGAIN_MS = 1000;

export interface ChromiumWatch {
  /** Path of the browser endpoint while Chromium answers. */
  readonly path: string | null;
  /** Chromium is being started, for the how manieth time. */
  started(starts: number): void;
  /** Its log has changed. */
  logged(): void;
}

/**
 * Follows Chromium from outside: its log says when its DevTools server listens, then /json/version is asked once, and an idle connection tells when it ends.
 */
export const watchChromium = (port: number, logFile: string, onChange: () => void): ChromiumWatch => {
  let path: string | null = null;
  let release: (() => void) | null = null;
  let starts = 0;
  let busy = false;
  let askAgain = false;
  let offset = 0;
  let tail = "";
  let wait = FIRST_AGAIN_MS;
  let timer: NodeJS.Timeout | undefined;

  const set = (value: string | null) => {
    if (path === value) return;
    path = value;
    onChange();
  };

  const ask = async (): Promise<void> => {
    askAgain = busy;
    if (busy || starts === 0) return;
    busy = true;
    clearTimeout(timer);
    try {
      const answer = await browserPath(port);
      release?.();
      release = holdConnection(port, () => {
        release = null;
        void ask();
      });
      wait = FIRST_AGAIN_MS;
      set(answer);
    } catch {
      set(null);
      wait = Math.min(wait * 2, LAST_AGAIN_MS);
      timer = setTimeout(ask, wait);
    } finally {
      busy = false;
    }
    if (askAgain) await ask();
  };

  const readLog = async (): Promise<void> => {
    const file = await readMarker(logFile, MAX_READ, offset);
    if (file === null || file.size < offset) {
      offset = 0;
      tail = "";
      if (file !== null) await readLog();
      return;
    }
    offset = file.size;
    const text = tail + file.text;
    tail = text.slice(-LISTENING.length);
    if (text.includes(LISTENING)) {
      tail = "";
      wait = FIRST_AGAIN_MS;
      await ask();
    }
  };
  let reading = Promise.resolve();
  const readOn = () => {
    reading = reading.then(readLog).catch((error) => log("Chromium's log cannot be read", error));
  };

  return {
    get path() {
      return path;
    },
    started: (count) => {
      if (count === starts) return;
      starts = count;
      wait = FIRST_AGAIN_MS;
      // Its log has been emptied before, and may have grown past where it was read to.
      offset = 0;
      tail = "";
      readOn();
      void ask();
    },
    logged: () => {
      // A browser that is known to answer has nothing to say here.
      if (path === null) readOn();
    },
  };
};
