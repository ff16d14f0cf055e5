import { once } from "node:events";
import type { AddressInfo, Server } from "node:net";
import { onTestFinished } from "vitest";

/** A server that ends with the test. */
export const ends = <S extends Server>(server: S): S => {
  const sockets = new Set<{ destroy(): void }>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => sockets.delete(socket));
  });
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    if (!server.listening) return;
    server.close();
    await once(server, "close");
  });
  return server;
};

export const portOf = (server: Server): number => (server.address() as AddressInfo).port;
export const listening = async <S extends Server>(server: S): Promise<S> => {
  await once(server.listen(0, "127.0.0.1"), "listening");
  return ends(server);
};
