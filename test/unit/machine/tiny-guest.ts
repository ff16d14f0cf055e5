import { join } from "node:path";
import type { MachineSpec } from "../../../src/server/machine/machine.ts";

/** What a tiny guest does once it has written its words. */
export type Then = "poweroff" | "reset" | "hang" | "flood";

const LOAD_ADDRESS = 0x100000;
const HEADER = 52;
const PROGRAM_HEADER = 32;

/** The reset and sleep registers of the microvm machine type, see QEMU's generic event device. */
const SLEEP_CONTROL = [0x00, 0x02, 0xa0, 0xfe];
const RESET = [0x02, 0x02, 0xa0, 0xfe];
const HANG = [0xf4, 0xeb, 0xfd]; // hlt; jmp to it

const ENDINGS: Record<Then, readonly number[]> = {
  poweroff: [0xc6, 0x05, ...SLEEP_CONTROL, 0x34, ...HANG], // mov byte [SLEEP_CONTROL], S5 | enable
  reset: [0xc6, 0x05, ...RESET, 0x42, ...HANG],
  hang: HANG,
  flood: [0xeb, 0x100 - 19], // jmp to the first instruction: the words again
};

/**
 * A kernel of some 200 bytes for real QEMU: writes `words` to the serial console, then does `then`. It is an ELF file with a PVH note,
 * which QEMU starts in 32-bit protected mode.
 */
export const tinyKernel = (words: string, then: Then): Buffer => {
  const text = Buffer.from(`${words}\0`);
  const print = [0xac, 0x84, 0xc0, 0x74, 0x07, 0x66, 0xba, 0xf8, 0x03, 0xee, 0xeb, 0xf4]; // lodsb; test al; jz end; out 0x3f8, al; jmp
  const ending = ENDINGS[then];
  const textAddress = LOAD_ADDRESS + 5 + print.length + ending.length;
  const loadText = Buffer.from([0xbe, 0, 0, 0, 0]); // mov esi, text
  loadText.writeUInt32LE(textAddress, 1);
  const code = Buffer.concat([loadText, Buffer.from([...print, ...ending]), text]);

  const note = Buffer.alloc(20);
  for (const [at, word] of [4, 4, 18].entries()) note.writeUInt32LE(word, at * 4); // name and value lengths, PHYS32_ENTRY
  note.write("Xen\0", 12, "latin1");
  note.writeUInt32LE(LOAD_ADDRESS, 16);

  const noteAt = HEADER + 2 * PROGRAM_HEADER;
  const codeAt = noteAt + note.length;
  const header = Buffer.alloc(HEADER);
  header.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
  header.writeUInt16LE(2, 16); // executable
  header.writeUInt16LE(3, 18); // i386
  header.writeUInt32LE(1, 20);
  header.writeUInt32LE(LOAD_ADDRESS, 24);
  header.writeUInt32LE(HEADER, 28);
  header.writeUInt16LE(HEADER, 40);
  header.writeUInt16LE(PROGRAM_HEADER, 42);
  header.writeUInt16LE(2, 44);

  const programHeader = (type: number, offset: number, address: number, size: number): Buffer => {
    const fields = Buffer.alloc(PROGRAM_HEADER);
    for (const [at, word] of [type, offset, address, address, size, size, 7, 4].entries()) fields.writeUInt32LE(word, at * 4);
    return fields;
  };
  return Buffer.concat([header, programHeader(1, codeAt, LOAD_ADDRESS, code.length), programHeader(4, noteAt, 0, note.length), note, code]);
};

/** A small machine in `dir`; kernel, initrd and root.qcow2 are files in `images`. */
export const tinySpec = (dir: string, images: string, kernel: string): MachineSpec => ({
  dir,
  vcpus: 1,
  ram_mb: 128,
  disks_mb: { root: 100, workspace: 100 },
  image: {
    id: "tiny",
    template: "scratch",
    kernel: join(images, kernel),
    initrd: join(images, "initrd"),
    rootDisk: join(images, "root.qcow2"),
  },
});
