import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import { RfbClient } from "../../../src/server/display/rfb-client.ts";
import type { Wanted } from "../../../src/server/display/rfb-updates.ts";
import { XProgram } from "./x-client.ts";
import { startXvnc } from "./xvnc.ts";

export const never = new AbortController().signal;

/** A real X and VNC server with a program on it, both gone with the test. */
export const startDesktop = async (size: { width: number; height: number } = { width: 640, height: 480 }) => {
  const xvnc = await startXvnc(size);
  onTestFinished(xvnc.kill);
  const program = await XProgram.start(xvnc.display);
  onTestFinished(() => program.close());
  const dial = async (): Promise<Socket> => {
    const stream = connect({ port: xvnc.port, host: "127.0.0.1", noDelay: true });
    onTestFinished(() => void stream.destroy());
    await once(stream, "connect");
    return stream;
  };
  const open = async (wanted: Partial<Wanted> = {}) => RfbClient.connect(await dial(), never, wanted);
  return { xvnc, program, dial, open };
};

/** The colours (0xRRGGBB) of a client's picture. */
export const colours = ({ framebuffer }: Pick<RfbClient, "framebuffer">): number[] =>
  Array.from(framebuffer.words, (word) => ((word & 0xff) << 16) | (word & 0xff00) | ((word >> 16) & 0xff));
export const colourAt = (client: Pick<RfbClient, "framebuffer">, x: number, y: number): number =>
  colours(client)[y * client.framebuffer.width + x]!;
