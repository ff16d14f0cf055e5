/** The computer's state, as the service tells it in server-sent events. */

const RETRY_MS = [500, 1000, 2000, 4000, 8000];

const pause = (ms, signal) =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms * (0.75 + Math.random() / 2));
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });

/** Calls `onData` with each event's data. Returns when the stream ends. */
const readEvents = async (body, onData) => {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    text += value.replaceAll("\r\n", "\n");
    const events = text.split("\n\n");
    text = events.pop();
    for (const event of events) {
      const lines = event.split("\n").filter((line) => line.startsWith("data:"));
      if (lines.length > 0) onData(JSON.parse(lines.map((line) => line.slice(5)).join("\n")));
    }
  }
};

/**
 * Follows the events at `url()` until `signal` aborts or the answer is final. EventSource would not tell why it was refused, so this is fetch.
 * `on.state({name, status, power, viewers, control})` at each event; `on.lost()` when the service does not answer; `on.refused(status)` once, for good.
 */
export const followState = async (url, on, signal) => {
  for (let attempt = 0; !signal.aborted; attempt++) {
    try {
      const response = await fetch(url(), { headers: { accept: "text/event-stream" }, cache: "no-store", signal });
      if ([401, 403, 404, 410].includes(response.status)) return on.refused(response.status);
      if (!response.ok) throw new Error("the service did not give its state");
      await readEvents(response.body, (state) => {
        attempt = 0;
        on.state(state);
      });
    } catch {
      // Whatever went wrong, what helps is to ask again.
    }
    if (signal.aborted) return;
    on.lost();
    await pause(RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)], signal);
  }
};
