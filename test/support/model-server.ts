import { createServer } from "node:http";
import { json } from "node:stream/consumers";
import { listening, portOf } from "./servers.ts";

/** Serves one call of a vendor's API on the loopback until the test ends. What `answer` throws is answered as a bad request. */
export const serveModel = async <Body>(path: RegExp, answer: (body: Body) => object): Promise<string> => {
  const server = createServer(async (request, response) => {
    let answered: [number, object];
    try {
      if (request.method !== "POST" || !path.test(request.url ?? "")) throw new Error(`there is no ${request.method} ${request.url}`);
      answered = [200, answer((await json(request)) as Body)];
    } catch (error) {
      answered = [400, { error: { type: "invalid_request_error", message: String(error) } }];
    }
    response.writeHead(answered[0], { "content-type": "application/json" }).end(JSON.stringify(answered[1]));
  });
  return `http://127.0.0.1:${portOf(await listening(server))}`;
};
