import { closeSync, constants, fstatSync, openSync } from "node:fs";
import { Socket, type SocketConstructorOpts } from "node:net";

/** Names a file without opening it. Not among Node's constants. */
const O_PATH = 0o10000000;

/**
 * Connects to the unix socket at `path`, and only if that is a socket itself: who may write in its folder could otherwise put a link there, and have this process talk to
 * a socket that is none of theirs.
 */
export const connectUnix = (path: string, options: SocketConstructorOpts = {}): Socket => {
  const socket = new Socket(options);
  let fd: number | undefined;
  try {
    fd = openSync(path, O_PATH | constants.O_NOFOLLOW);
    if (!fstatSync(fd).isSocket()) throw new Error(`${path} is not a socket`);
    socket.connect({ path: `/proc/self/fd/${fd}` });
  } catch (error) {
    socket.destroy(error as Error);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
  return socket;
};
