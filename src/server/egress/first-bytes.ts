import type { Duplex } from "node:stream";
import { hostName } from "../../contract/host-name.ts";
import { helloName, looksLikeTls } from "./client-hello.ts";
import type { Said } from "./policy.ts";

const MAX_HEAD = 16 * 1024;
const OTHER: Said = { protocol: "other", name: null };
const H2_PREFACE = "PRI * HTTP/2.0\r\n";
/** A request's first line, and how one may begin that is not there whole. Source: RFC 9112, section 3. */
const REQUEST_LINE = /^[A-Z][A-Z-]{1,15} [^ \r\n]+ HTTP\/1\.[01]\r?\n/;
const BEGINNING = /^[A-Z][A-Z-]{0,15}( [^ \r\n]*( H?T?T?P?\/?1?\.?[01]?\r?)?)?$/;
/** From the first byte on; who says half a thing for as long has said it. */
const PATIENCE_MS = 5000;

/** A Host header's name; its port is the connection's own affair. Null: it names nothing. */
export const hostOf = (header: string): string | null => hostName(header.replace(/:\d*$/, ""));

const httpSays = (text: string): Said | "more" => {
  const end = /\r?\n\r?\n/.exec(text);
  if (!end) return text.length < MAX_HEAD ? "more" : { protocol: "http", name: null };
  const hosts = [...text.slice(0, end.index).matchAll(/\nhost[ \t]*:[ \t]*([^\r\n]*?)[ \t]*(?=\r?\n|$)/gi)];
  return { protocol: "http", name: hosts.length === 1 ? hostOf(hosts[0]![1]!) : null };
};

/** What a connection's first bytes say; "more": nothing yet. */
export const saidBy = (bytes: Buffer): Said | "more" => {
  if (bytes.length === 0) return "more";
  if (looksLikeTls(bytes)) {
    const hello = helloName(bytes);
    return hello === "more" ? "more" : { protocol: "tls", name: hello.name };
  }
  const text = bytes.toString("latin1", 0, MAX_HEAD);
  if (text.startsWith(H2_PREFACE)) return { protocol: "h2c", name: null };
  if (REQUEST_LINE.test(text)) return httpSays(text);
  return text.length < MAX_HEAD && (BEGINNING.test(text) || H2_PREFACE.startsWith(text)) ? "more" : OTHER;
};

export interface Heard {
  said: Said;
  /** What a stream said that then ended, and so could not be put back. */
  held: Buffer;
}

/**
 * Listens to a stream until it has said something. The bytes are put back. Rejects when it breaks or `signal` aborts.
 */
export const hear = (stream: Duplex, signal: AbortSignal): Promise<Heard> =>
  new Promise((resolve, reject) => {
    let held: Buffer = Buffer.alloc(0);
    let patience: NodeJS.Timeout | undefined;
    const soFar = (): Said => ({ protocol: looksLikeTls(held) ? "tls" : "other", name: null });
    const done = () => {
      clearTimeout(patience);
      stream.off("readable", onReadable).off("end", onEnd).off("close", onClose).off("error", onClose);
      signal.removeEventListener("abort", onAbort);
    };
    const putBack = (said: Said) => {
      done();
      stream.unshift(held);
      resolve({ said, held: Buffer.alloc(0) });
    };
    const onReadable = () => {
      for (let chunk = stream.read(); chunk !== null; chunk = stream.read()) held = Buffer.concat([held, chunk]);
      const said = saidBy(held);
      if (said !== "more") return putBack(said);
      if (held.length > 0) patience ??= setTimeout(() => putBack(soFar()), PATIENCE_MS);
    };
    const onEnd = () => {
      done();
      resolve({ said: soFar(), held });
    };
    const onClose = () => {
      done();
      reject(new Error("the connection broke"));
    };
    const onAbort = () => {
      done();
      reject(signal.reason);
    };
    if (signal.aborted) return reject(signal.reason);
    if (stream.destroyed) return reject(new Error("the connection broke"));
    signal.addEventListener("abort", onAbort, { once: true });
    stream.on("readable", onReadable).once("end", onEnd).once("close", onClose).once("error", onClose);
    onReadable();
  });
