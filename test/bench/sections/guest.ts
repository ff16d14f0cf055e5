import { Readable } from "node:stream";
import { repeat, type Section, timed } from "../bench.ts";

const SIZE = 64 * 1024 ** 2;

/** Commands, files, and the end of a computer. */
export const guest: Section = async ({ vitrine }) => {
  const computer = await vitrine.computers.create();
  const exec = await repeat(20, () => timed(() => computer.exec(["true"])));
  const up = await repeat(3, () => timed(() => computer.files.write("/home/ohm/bench.bin", Readable.from([Buffer.alloc(SIZE)]))));
  const down = await repeat(3, () => timed(() => computer.files.read("/home/ohm/bench.bin", { timeoutMs: 0 })));
  const rate = (ms: number) => SIZE / 1e6 / (ms / 1000);
  return [
    { name: "exec true", unit: "ms", values: exec },
    { name: "file in, 64 MiB", unit: "MB/s", values: up.map(rate) },
    { name: "file out, 64 MiB", unit: "MB/s", values: down.map(rate) },
    { name: "stop (shutdown)", unit: "ms", values: [await timed(() => computer.stop({ mode: "shutdown" }))] },
    { name: "delete", unit: "ms", values: [await timed(() => computer.delete())] },
  ];
};
