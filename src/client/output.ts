import type { Readable } from "node:stream";
import type { ExecResult } from "../contract/exec.ts";
import { ConnectionError, errorFrom } from "./errors.ts";
import { serverEvents } from "./sse.ts";

/** How a command ended. */
export type Exit = Omit<ExecResult, "stdout" | "stderr">;

/** The output of a command as it comes; `exit` is last and always there. */
export type OutputEvent = { type: "stdout" | "stderr"; data: string } | ({ type: "exit" } & Exit);

/** The events of an exec or a process. Throws ConnectionError when the stream ends without an exit, and the error the service reports in it. */
export async function* outputEvents(url: string, body: Readable): AsyncGenerator<OutputEvent> {
  for await (const { event, data } of serverEvents(body)) {
    if (event === "stdout" || event === "stderr") yield { type: event, data: (JSON.parse(data) as { data: string }).data };
    else if (event === "error") throw errorFrom(url, 200, data);
    else if (event === "exit") {
      yield { type: "exit", ...(JSON.parse(data) as Exit) };
      return;
    }
  }
  throw new ConnectionError(url, new Error("the output ended before the command did"));
}
