import { createServer, type Socket } from "node:net";
import { log } from "../log.ts";
import type { Listener } from "../places.ts";
import { join } from "../tunnels.ts";
import type { Outlet } from "./outlet.ts";

/** Takes in the connections that the kernel leads here instead of out (rootfs: egress.nft); to a program each seems to be with the address it asked for. */
export const divertTcp = (outlet: Outlet, listeners: readonly Listener[]): void => {
  const onConnection = async (socket: Socket): Promise<void> => {
    socket.on("error", () => {});
    const { localAddress, localPort } = socket;
    if (localAddress === undefined || localPort === undefined) return void socket.destroy();
    const gone = new AbortController();
    socket.once("close", () => gone.abort(new Error("the program is gone")));
    try {
      join(await outlet.open(localAddress, localPort, gone.signal), socket);
    } catch {
      socket.resetAndDestroy();
    }
  };
  for (const options of listeners) {
    const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, (socket) => void onConnection(socket));
    server.on("error", (error) => log("outgoing connections cannot be taken", error));
    server.listen(options);
  }
};
