import { execFile } from "node:child_process";
import type { ServerHttp2Stream } from "node:http2";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { answerNothing, type Call, type Routes } from "./call.ts";
import { Fault } from "./fault.ts";
import type { Places } from "./places.ts";
import { feed, type Tool, toolFor } from "./tools.ts";
import { userNamed } from "./users.ts";

/** Milliseconds for Chromium to end, or to be started. */
const SERVICE_MS = 60_000;

export const profile = (places: Places): Routes => {
  const control = (verb: "close" | "open") => promisify(execFile)(places.profile, [verb], { timeout: SERVICE_MS });

  const tool = (stream: ServerHttp2Stream, verb: "pack" | "unpack"): Tool => toolFor(stream, userNamed("root"), places.profile, [verb]);

  /** GET /profile */
  const pack = async ({ stream, query }: Call): Promise<void> => {
    if (query.get("close") !== null) await control("close");
    const { stdin, stdout, done } = tool(stream, "pack");
    stdin.end();
    stream.respond({ ":status": 200, "content-type": "application/gzip" });
    await pipeline(stdout, stream, { end: false });
    const { code, words } = await done;
    if (code !== 0) throw new Error(`the profile cannot be packed: ${words}`);
    stream.end();
  };

  /** PUT /profile */
  const unpack = async ({ stream }: Call): Promise<void> => {
    await control("close");
    const { code, words } = await feed(stream, tool(stream, "unpack"));
    if (code !== 0) throw new Fault("archive_invalid", { reason: words.slice(-500) || "it was cut off" });
    await control("open");
    answerNothing(stream);
  };

  return { "GET /profile": pack, "PUT /profile": unpack };
};
