import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";

/** A Chromium whose endpoint echoes, as the fake machine's guest says that one is there. */
export const startFakeChromium = async () => {
  const server = createServer((request, response) => {
    const { port } = server.address() as AddressInfo;
    response.setHeader("Content-Type", "application/json");
    response.end(
      JSON.stringify({ Browser: "Fake", webSocketDebuggerUrl: `ws://localhost:${port}/devtools/browser/fake`, path: request.url }),
    );
  });
  const sockets = new WebSocketServer({ server });
  sockets.on("connection", (ws) => ws.on("message", (data, binary) => ws.send(data, { binary })));
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      for (const ws of sockets.clients) ws.terminate();
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
};
