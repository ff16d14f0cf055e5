import { once } from "node:events";
import { createServer, type Socket } from "node:net";

/** A VNC server of 16 by 16 that draws nothing, and keeps every byte its clients send. */
export const startFakeVnc = async () => {
  const received: Buffer[] = [];
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => {});
    // noVNC takes each answer only after its own turn.
    const answers = new Map([
      [12, [1, 1]],
      [13, [0, 0, 0, 0]],
      [14, [0, 16, 0, 16, 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0, 0, 0, 0, 0]],
    ]);
    let heard = 0;
    socket.on("data", (chunk) => {
      received.push(chunk);
      for (const end = heard + chunk.length; heard < end; ) {
        heard++;
        const answer = answers.get(heard);
        if (answer) socket.write(Buffer.from(answer));
      }
    });
    socket.write("RFB 003.008\n");
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    port: (server.address() as { port: number }).port,
    sockets,
    bytes: () => Buffer.concat(received),
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
};
