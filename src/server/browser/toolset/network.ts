import type { Feed } from "./feed.ts";
import type { CdpSession } from "./ports.ts";

const MAX_OPEN = 1000;

interface Open {
  line: string;
  began: number;
  status?: string;
}

/** Notes each request when it is over. Answers the way to stop. */
export const listenToNetwork = (session: CdpSession, feed: Feed): (() => void) => {
  const open = new Map<string, Open>();
  const end = (id: string, timestamp: number, outcome: (request: Open) => string) => {
    const request = open.get(id);
    if (!request) return;
    open.delete(id);
    feed.add(`${request.line} ${outcome(request)} ${Math.max(0, Math.round((timestamp - request.began) * 1000))} ms`);
  };
  const status = (response: { status: number; mimeType: string }) => `${response.status} ${response.mimeType || "-"}`;
  const stops = [
    session.on("Network.requestWillBeSent", ({ requestId, request, timestamp, redirectResponse }) => {
      if (redirectResponse) end(requestId, timestamp, () => status(redirectResponse));
      // A page that opens requests which never end does not fill the memory.
      if (open.size >= MAX_OPEN) open.delete(open.keys().next().value!);
      open.set(requestId, { line: `${request.method} ${String(request.url).slice(0, 600)}`, began: timestamp });
    }),
    session.on("Network.responseReceived", ({ requestId, response }) => {
      const request = open.get(requestId);
      if (request) request.status = status(response);
    }),
    session.on("Network.loadingFinished", ({ requestId, timestamp }) => end(requestId, timestamp, (request) => request.status ?? "-")),
    session.on("Network.loadingFailed", ({ requestId, timestamp, errorText, canceled }) =>
      end(requestId, timestamp, () => `failed (${canceled ? "cancelled" : errorText})`),
    ),
  ];
  return () => {
    for (const stop of stops) stop();
  };
};
