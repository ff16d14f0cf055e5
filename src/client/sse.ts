import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";

/** One server-sent event. */
export interface ServerEvent {
  event: string;
  data: string;
  id?: string;
}

/** The longest line or event taken; an exec's events are below 2 MiB. */
const MAX_EVENT = 16 * 1024 * 1024;

/**
 * Reads text/event-stream, wherever its chunks were cut. Comments (keep-alives) are skipped, and an event broken off by the end of the stream is
 * dropped, as the standard has it. Throws RangeError on an event over 16 MiB.
 */
export async function* serverEvents(body: Readable): AsyncGenerator<ServerEvent> {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  let event: { event: string; data: string[]; id?: string } = { event: "message", data: [] };
  let size = 0;

  for await (const chunk of body) {
    rest += decoder.write(chunk as Buffer);
    // A lone CR may be half of CRLF, so a CR that ends the chunk waits for what follows.
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? "";
    for (const line of lines) {
      size += line.length;
      if (line === "") {
        if (event.data.length > 0) yield { ...event, data: event.data.join("\n") };
        event = { event: "message", data: [] };
        size = 0;
        continue;
      }
      const colon = line.indexOf(":");
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
      if (field === "event") event.event = value;
      else if (field === "data") event.data.push(value);
      else if (field === "id") event.id = value;
    }
    if (rest.length + size > MAX_EVENT) throw new RangeError(`a server-sent event over ${MAX_EVENT} characters`);
  }
}
