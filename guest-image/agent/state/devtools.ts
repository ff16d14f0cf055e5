import { get } from "node:http";
import { connect } from "node:net";

const ANSWER_MS = 30_000;
const MAX_ANSWER = 64 * 1024;

/** Asks Chromium for the path of its browser endpoint. Rejects when nothing listens or what answers is not Chromium. */
export const browserPath = async (port: number): Promise<string> => {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const request = get(
    { host: "127.0.0.1", port, path: "/json/version", agent: false, signal: AbortSignal.timeout(ANSWER_MS) },
    (response) => {
      let body = "";
      response.on("data", (chunk: Buffer) => {
        body += chunk.toString("utf8");
        if (body.length > MAX_ANSWER) request.destroy(new Error("the answer is too long"));
      });
      response.on("error", reject);
      response.on("end", () => resolve(body));
    },
  );
  request.on("error", reject);
  const url = (JSON.parse(await promise) as { webSocketDebuggerUrl?: unknown }).webSocketDebuggerUrl;
  const path = typeof url === "string" && /^ws:\/\/[^/]+(\/devtools\/browser\/[\w-]{1,64})$/.exec(url)?.[1];
  if (!path) throw new Error("the answer names no browser endpoint");
  return path;
};

/** Holds an idle connection to the port and calls back once when it breaks, which it does with the process at its other end. Returns the way to let go. */
export const holdConnection = (port: number, onBreak: () => void): (() => void) => {
  const socket = connect({ host: "127.0.0.1", port });
  socket.on("error", () => {});
  socket.on("close", onBreak);
  socket.resume();
  return () => {
    socket.off("close", onBreak);
    socket.destroy();
  };
};
