import { bounded, MAX_TEXT, ToolFailure } from "./failure.ts";
import type { CdpSession } from "./ports.ts";

/** Milliseconds a script may run before the page ends it. */
const SCRIPT_MS = 10_000;
const SHOW = `function (limit) {
  try {
    const json = JSON.stringify(this);
    if (json !== undefined) return json.slice(0, limit);
  } catch {}
  return String(this).slice(0, limit);
}`;

/** Evaluates in the page's own world, as the console would, and answers the value in words. Throws ToolFailure with what the script threw. */
export const runScript = async (session: CdpSession, expression: string, signal: AbortSignal): Promise<string> => {
  const params = { expression, awaitPromise: true, userGesture: true, replMode: true, timeout: SCRIPT_MS, objectGroup: "script" };
  const { result, exceptionDetails } = await session.send("Runtime.evaluate", params, { signal }).catch((error: Error) => {
    // What V8 answers when it had to end a script.
    if (/internal error|terminated/i.test(error.message))
      throw new ToolFailure(`The script did not finish within ${SCRIPT_MS / 1000} seconds.`);
    throw error;
  });
  try {
    if (exceptionDetails) {
      const { exception, text } = exceptionDetails;
      throw new ToolFailure(`The script threw: ${String(exception?.description ?? exception?.value ?? text).slice(0, 4000)}`);
    }
    const { type, value, unserializableValue, objectId, description } = result;
    if (type === "undefined") return "undefined";
    if (unserializableValue !== undefined) return String(unserializableValue);
    if (objectId === undefined) return bounded(typeof value === "string" ? value : String(JSON.stringify(value)), "return less");
    const shown = await session.send(
      "Runtime.callFunctionOn",
      { objectId, functionDeclaration: SHOW, arguments: [{ value: MAX_TEXT + 1 }], returnByValue: true },
      { signal },
    );
    return bounded(String(shown.result.value ?? description ?? type), "return less");
  } finally {
    session.send("Runtime.releaseObjectGroup", { objectGroup: "script" }).catch(() => {});
  }
};
