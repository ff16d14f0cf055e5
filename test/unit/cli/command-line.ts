import { PassThrough, Readable, type Writable } from "node:stream";
import { run } from "../../../src/cli/main.ts";

const collect = () => {
  const stream = new PassThrough();
  const chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  return { stream: stream as Writable, bytes: () => Buffer.concat(chunks) };
};

/** Runs a command line in this process, against the service that VITRINE_URL names. */
export const vitrine = async (args: string[], { stdin = "", signal = new AbortController().signal } = {}) => {
  const out = collect();
  const err = collect();
  const code = await run(args, { stdin: Readable.from([stdin]), stdout: out.stream, stderr: err.stream, signal });
  return { code, bytes: out.bytes(), stdout: out.bytes().toString("utf8"), stderr: err.bytes().toString("utf8") };
};
