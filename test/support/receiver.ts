import { createServer, type IncomingHttpHeaders, type RequestListener } from "node:http";
import type { Event } from "../../src/client/index.ts";
import { signed } from "../../src/server/webhooks/sign.ts";
import { listening, portOf } from "./servers.ts";

export interface Delivered {
  headers: IncomingHttpHeaders;
  body: string;
  event: Event;
}

/** A receiver of webhooks on the loopback, which ends with the test. It keeps what it is sent, and answers 204 unless `answer` does otherwise. */
export const receiver = async () => {
  const seen: Delivered[] = [];
  const it = {
    seen,
    url: "",
    /** `nth`: 1 for the first request. */
    answer: ((_request, response) => void response.writeHead(204).end()) as (
      ...args: [...Parameters<RequestListener>, nth: number]
    ) => void,
    ids: () => seen.map(({ event }) => event.id),
    /** Without what was sent again. */
    distinct: () => [...new Set(it.ids())],
    server: createServer(async (request, response) => {
      let body = "";
      for await (const chunk of request) body += chunk;
      seen.push({ headers: request.headers, body, event: JSON.parse(body) });
      it.answer(request, response, seen.length);
    }),
  };
  await listening(it.server);
  it.url = `http://127.0.0.1:${portOf(it.server)}/hook`;
  return it;
};

/** Whether a delivery was signed with the secret, and just now. */
export const isSigned = (secret: string, { headers, body }: Delivered): boolean => {
  const at = Number(headers["webhook-timestamp"]) * 1000;
  return (
    Math.abs(Date.now() - at) < 60_000 &&
    headers["webhook-signature"] === signed(secret, String(headers["webhook-id"]), at, body)["webhook-signature"]
  );
};
