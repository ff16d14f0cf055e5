/** An entry of a tar archive, which may say what no program would. */
export interface Entry {
  name: string;
  /** 0 file, 1 hard link, 2 symbolic link, 3 and 4 devices, 5 folder, 6 FIFO. */
  type?: string;
  link?: string;
  data?: string;
  /** What it says of its data's size, if that is not so. */
  size?: number;
  mode?: number;
  /** Of a device. */
  numbers?: [major: number, minor: number];
}

const BLOCK = 512;

/** A ustar archive of these entries, as they are given. */
export const tarOf = (entries: readonly Entry[]): Buffer =>
  Buffer.concat([...entries.flatMap(({ data = "", ...entry }) => [header(entry, data), padded(data)]), Buffer.alloc(2 * BLOCK)]);

const padded = (data: string): Buffer => {
  const blocks = Buffer.alloc(Math.ceil(Buffer.byteLength(data) / BLOCK) * BLOCK);
  blocks.write(data);
  return blocks;
};

const header = ({ name, type = "0", link = "", mode = 0o644, numbers: [major, minor] = [0, 0], size }: Entry, data: string): Buffer => {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, size: number) => block.write(`${value.toString(8).padStart(size - 1, "0")}\0`, at);
  block.write(name, 0);
  octal(mode, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size ?? Buffer.byteLength(data), 124, 12);
  octal(0, 136, 12);
  block.write(" ".repeat(8), 148);
  block.write(type, 156);
  block.write(link, 157);
  block.write("ustar\0" + "00", 257);
  octal(major, 329, 8);
  octal(minor, 337, 8);
  octal(
    block.reduce((sum, byte) => sum + byte, 0),
    148,
    7,
  );
  return block;
};
