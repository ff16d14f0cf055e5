import type { Displays } from "../display/display.ts";
import type { Album } from "./album.ts";
import { REST } from "./picture.ts";
import type { Settled, TakePicture } from "./ports.ts";

export interface ShotsPorts {
  displays: Displays;
  takePicture: TakePicture;
  settled: Settled;
  album: Album;
  /** Whether pictures of this computer are to be taken and kept now. */
  isWanted(computerId: string): boolean;
  /** A picture could not be taken or kept, and there is none. */
  onFailure(computerId: string, error: unknown): void;
}

/** Pixels of a picture; a smaller screen is not made larger. */
const WIDTH = 320;
/** Milliseconds from an action to the end of its picture. */
const SHOT_MS = 15_000;

/** One picture, of what all actions have left that were done before it was begun. */
interface Pending {
  id: string;
  /** Something was done since it last began to wait for the screen to rest. */
  disturbed: boolean;
  begun: boolean;
  /** Never rejects. */
  done: Promise<void>;
}

/** Grows with each call, so that the ids of a computer's pictures sort as they were made. */
const clockIds = () => {
  let last = 0;
  return (): string => {
    last = Math.max(last + 1, Date.now());
    return `pic_${last.toString(36).padStart(9, "0")}`;
  };
};

/**
 * Takes small pictures of the screen as actions have left it, behind them: nobody waits for it. One picture of a computer is taken at a time, and until the next
 * one is begun all actions that end have that one, which shows what the last of them left.
 */
export const createShots = ({ displays, takePicture, settled, album, isWanted, onFailure }: ShotsPorts) => {
  const nextId = clockIds();
  const closed = new AbortController();
  /** The latest of each computer that is not done. */
  const latest = new Map<string, Pending>();
  const underWay = new Map<string, Pending>();

  const take = (computerId: string, shot: Pending): Promise<void> => {
    const signal = AbortSignal.any([closed.signal, AbortSignal.timeout(SHOT_MS)]);
    return displays.use(computerId, signal, async (display) => {
      const late = performance.now() + REST.capMs;
      do {
        shot.disturbed = false;
        await settled(display, REST, signal);
      } while (shot.disturbed && performance.now() < late);
      shot.begun = true;
      const scale = Math.min(1, WIDTH / display.framebuffer.width);
      const { data } = await takePicture(display, { format: "webp", scale }, signal);
      if (isWanted(computerId)) album.keep(computerId, shot.id, data);
    });
  };

  const run = async (computerId: string, shot: Pending, before: Promise<void> | undefined): Promise<void> => {
    await before;
    try {
      await take(computerId, shot);
    } catch (error) {
      if (!closed.signal.aborted) onFailure(computerId, error);
    } finally {
      underWay.delete(shot.id);
      if (latest.get(computerId) === shot) latest.delete(computerId);
    }
  };

  return {
    /** To be told of each action that has come to its end. Answers the id of the picture that will show what it left; undefined: none is taken. */
    afterAction: (computerId: string): string | undefined => {
      if (closed.signal.aborted || !isWanted(computerId)) return undefined;
      const waiting = latest.get(computerId);
      if (waiting && !waiting.begun) {
        waiting.disturbed = true;
        return waiting.id;
      }
      const shot: Pending = { id: nextId(), disturbed: false, begun: false, done: Promise.resolve() };
      underWay.set(shot.id, shot);
      latest.set(computerId, shot);
      shot.done = run(computerId, shot, waiting?.done);
      return shot.id;
    },
    /** A picture, waited for while it is being taken; null when there is none. */
    read: async (computerId: string, id: string): Promise<Buffer | null> => {
      await underWay.get(id)?.done;
      return album.read(computerId, id);
    },
    /** Takes no more, and resolves when none is under way. */
    close: async (): Promise<void> => {
      closed.abort(new Error("the service is stopping"));
      await Promise.all([...underWay.values()].map(({ done }) => done));
    },
  };
};
export type Shots = ReturnType<typeof createShots>;
