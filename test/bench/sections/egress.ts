import { createServer } from "node:http";
import { Readable } from "node:stream";
import type { Computer } from "../../../src/client/index.ts";
import { type Bench, repeat, type Section, timed } from "../bench.ts";

const SIZE = 200e6;
const CHUNK = Buffer.alloc(1e6, "x");
const ADDRESS = "93.184.216.34";

function* bytes(): Generator<Buffer> {
  for (let sent = 0; sent < SIZE; sent += CHUNK.length) yield CHUNK;
}

/** MB/s of a download with curl, which knows of no proxy. */
const download = async (computer: Computer, url: string): Promise<number> => {
  const { stdout, stderr } = await computer.exec(["curl", "-sS", "-o", "/dev/null", "-w", "%{size_download} %{speed_download}", url], {
    timeout_s: 600,
  });
  const [size, speed] = stdout.split(" ").map(Number);
  if (size !== SIZE) throw new Error(`the download is not whole: ${stderr}`);
  return (speed as number) / 1e6;
};

/** MB/s of the same bytes over the guest link into a program that throws them away. */
const raw = async (computer: Computer): Promise<number> => {
  const { pid } = await computer.processes.start("cat > /dev/null");
  const ms = await timed(() => computer.processes.writeStdin(pid, Readable.from(bytes()), { end: true, timeoutMs: 0 }));
  return SIZE / 1e6 / (ms / 1000);
};

/** A download of 200 MB through the checking proxy, in both modes, beside the guest link itself. */
export const egress: Section = async ({ vitrine, internet, runs }: Bench) => {
  const server = createServer((_request, response) => {
    response.setHeader("Content-Length", SIZE);
    Readable.from(bytes()).pipe(response);
  });
  await internet.put(server, ADDRESS, 80, "download.example");
  try {
    const computer = await vitrine.computers.create();
    const url = "http://download.example/";
    const open: number[] = [];
    const link: number[] = [];
    await repeat(runs, async () => {
      link.push(await raw(computer));
      return open.push(await download(computer, url));
    });
    const first = await repeat(20, () =>
      timed(() => computer.exec(["curl", "-sS", "-o", "/dev/null", "-r", "0-0", "--max-filesize", "1", url])),
    );
    const nothing = await repeat(20, () => timed(() => computer.exec(["curl", "--version"])));
    await computer.egress.set({ mode: "restricted", allow: ["download.example"] });
    const restricted = await repeat(runs, () => download(computer, url));
    await computer.delete();
    const baseline = { name: "the same over the guest link", values: link };
    return [
      { name: "download of 200 MB, open", unit: "MB/s", values: open, baseline },
      { name: "download of 200 MB, restricted, each request judged", unit: "MB/s", values: restricted, baseline },
      {
        name: "curl: a name and a connection",
        unit: "ms",
        values: first,
        baseline: { name: "curl that connects to nothing", values: nothing },
      },
    ];
  } finally {
    server.closeAllConnections();
    server.close();
  }
};
