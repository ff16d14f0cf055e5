export interface CpioEntry {
  name: string;
  /** Type and permission bits, as in stat(2). */
  mode: number;
  data?: Buffer;
  /** Major and minor of a device node. */
  device?: [number, number];
}

const pad4 = (length: number): Buffer => Buffer.alloc((4 - (length % 4)) % 4);

/** An archive in the `newc` form that the kernel unpacks as an initramfs. Owners are root and times zero. Source: the kernel's initramfs buffer format. */
export const cpio = (entries: CpioEntry[]): Buffer => {
  const parts = [...entries, { name: "TRAILER!!!", mode: 0 }].flatMap((entry: CpioEntry, index) => {
    const name = Buffer.from(`${entry.name}\0`);
    const data = entry.data ?? Buffer.alloc(0);
    const [major, minor] = entry.device ?? [0, 0];
    const fields = [index + 1, entry.mode, 0, 0, 1, 0, data.length, 0, 0, major, minor, name.length, 0];
    const header = Buffer.from(`070701${fields.map((field) => field.toString(16).padStart(8, "0")).join("")}`);
    return [header, name, pad4(header.length + name.length), data, pad4(data.length)];
  });
  return Buffer.concat(parts);
};
