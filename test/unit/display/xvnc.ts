import { spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import type { Readable } from "node:stream";

/** A real VNC server on the host that plays the guest's. */
export interface TestXvnc {
  port: number;
  display: string;
  kill: () => Promise<void>;
}

const freePort = async (): Promise<number> => {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
};

/** Starts Xtigervnc on a free display, with the guest's options. With -retro it has a patterned root window and a pointer to be seen. */
export const startXvnc = async ({ width = 640, height = 480 } = {}): Promise<TestXvnc> => {
  const port = await freePort();
  const args = [
    "-displayfd",
    "3",
    "-geometry",
    `${width}x${height}`,
    "-depth",
    "24",
    "-SecurityTypes",
    "None",
    "-UseBlacklist=0",
    "-SendPrimary=0",
    "-localhost",
    "-rfbport",
    `${port}`,
    "-retro",
    // As in the guest: what is selected there is not on the clipboard yet.
    "-SendPrimary=0",
  ];
  const child = spawn("Xtigervnc", args, { detached: true, stdio: ["ignore", "ignore", "ignore", "pipe"] });
  const exited = once(child, "exit");
  const kill = async () => {
    if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid!, "SIGTERM");
    await exited;
  };
  const ready = once(child.stdio[3] as Readable, "data");
  const first = await Promise.race([ready, exited.then(() => null)]);
  if (!first) throw new Error("Xtigervnc ended before it was ready");
  return { port, display: `:${String(first[0]).trim()}`, kill };
};
