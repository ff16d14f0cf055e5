import type { TerminalExit, TerminalResize } from "../../contract/terminals.ts";
import { CallError, call, urlOf } from "../state/api.ts";
import { pauseBefore } from "../state/pause.ts";

/** What is shown of a shell, and what it is told. */
export interface Screen {
  size(): { columns: number; rows: number };
  /** Before what is kept of the shell comes again. */
  clear(): void;
  show(bytes: Uint8Array): void;
  onConnection(up: boolean): void;
}

/** A shell that keys go to; those that come while it is away are lost, as in any terminal. */
export interface Keyboard {
  send(keys: string): void;
  resize(): void;
}

/** The shell that this page had, when it still runs; or else a new one. */
const find = async (id: string, { columns, rows }: { columns: number; rows: number }): Promise<string> => {
  const key = `terminal of ${id}`;
  const known = sessionStorage.getItem(key);
  const { data } = await call("get", "/v1/computers/{id}/terminals", { params: { id } });
  if (known !== null && data.some(({ terminal_id }) => terminal_id === known)) return known;
  const { terminal_id } = await call("post", "/v1/computers/{id}/terminals", { params: { id }, body: { columns, rows } });
  sessionStorage.setItem(key, terminal_id);
  return terminal_id;
};

/** One connection, to its end: how the shell ended, or null when the connection was lost. */
const connect = (url: string, screen: Screen, onOpen: (keyboard: Keyboard) => void): Promise<TerminalExit | null> =>
  new Promise((resolve) => {
    const socket = new WebSocket(url);
    socket.binaryType = "arraybuffer";
    let exit: TerminalExit | null = null;
    const resize = () => {
      const message: TerminalResize = { type: "resize", ...screen.size() };
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
    };
    socket.onopen = () => {
      screen.clear();
      screen.onConnection(true);
      const send = (keys: string) => socket.readyState === WebSocket.OPEN && socket.send(new TextEncoder().encode(keys));
      onOpen({ send, resize });
      resize();
    };
    socket.onmessage = ({ data }: MessageEvent<ArrayBuffer | string>) => {
      if (typeof data === "string") exit = JSON.parse(data) as TerminalExit;
      else screen.show(new Uint8Array(data));
    };
    socket.onclose = () => {
      screen.onConnection(false);
      resolve(exit);
    };
  });

/** Runs a shell of a computer on a screen until it ends; connects again when the connection is lost. Answers how it ended. Throws CallError when there is none to be had. */
export const runShell = async (id: string, screen: Screen, onKeyboard: (keyboard: Keyboard) => void): Promise<TerminalExit> => {
  const never = new AbortController().signal;
  for (let attempt = 0; ; attempt++) {
    try {
      const terminal_id = await find(id, screen.size());
      const url = new URL(urlOf("/v1/computers/{id}/terminals/{terminal_id}", { id, terminal_id }), location.href);
      url.protocol = url.protocol.replace("http", "ws");
      const exit = await connect(url.href, screen, (keyboard) => {
        attempt = 0;
        onKeyboard(keyboard);
      });
      if (exit) return exit;
    } catch (error) {
      if (!(error instanceof CallError && error.code === "offline")) throw error;
    }
    await pauseBefore(attempt, never);
  }
};
