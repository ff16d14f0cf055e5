/**
 * Before 8.2 QEMU opens the file behind a guest's memory for writing even when it maps it privately, and a template must not be open for writing in any machine. This is
 * a shared library of one function, to be preloaded into QEMU: what is asked for with exactly O_RDWR and refused is opened with O_RDONLY. Disks are opened with
 * more flags than that, so for them nothing changes.
 *
 *   int open64(const char *path, int flags, int mode) {
 *     int fd = openat64(AT_FDCWD, path, flags, mode);
 *     return fd < 0 && flags == O_RDWR ? openat64(AT_FDCWD, path, O_RDONLY) : fd;
 *   }
 */
const CODE = [
  [0x48, 0x83, 0xec, 0x18], // sub rsp, 24
  [0x48, 0x89, 0x3c, 0x24], // mov [rsp], rdi
  [0x89, 0x74, 0x24, 0x08], // mov [rsp+8], esi
  [0x89, 0xd1], // mov ecx, edx
  [0x89, 0xf2], // mov edx, esi
  [0x48, 0x89, 0xfe], // mov rsi, rdi
  [0xbf, 0x9c, 0xff, 0xff, 0xff], // mov edi, AT_FDCWD
  [0x31, 0xc0], // xor eax, eax
  [0xff, 0x15, 0, 0, 0, 0], // call [rip+openat64]
  [0x85, 0xc0], // test eax, eax
  [0x79, 0x1a], // jns end
  [0x83, 0x7c, 0x24, 0x08, 0x02], // cmp dword [rsp+8], O_RDWR
  [0x75, 0x13], // jne end
  [0x31, 0xd2], // xor edx, edx
  [0x48, 0x8b, 0x34, 0x24], // mov rsi, [rsp]
  [0xbf, 0x9c, 0xff, 0xff, 0xff], // mov edi, AT_FDCWD
  [0x31, 0xc0], // xor eax, eax
  [0xff, 0x15, 0, 0, 0, 0], // call [rip+openat64]
  [0x48, 0x83, 0xc4, 0x18], // end: add rsp, 24
  [0xc3], // ret
].flat();
/** Where in CODE the two calls end; each takes its distance to the address of openat64 just before. */
const CALL_ENDS = [0x20, 0x3e];

const PAGE = 0x1000;
const u16 = (...values: number[]) => Buffer.from(Uint16Array.from(values).buffer);
const u32 = (...values: number[]) => Buffer.from(Uint32Array.from(values).buffer);
const u64 = (...values: number[]) => Buffer.from(BigUint64Array.from(values.map(BigInt)).buffer);

const NAMES = ["openat64", "open64", "__open64_2"] as const;
const STRINGS = Buffer.from(`\0${NAMES.join("\0")}\0`, "latin1");
const nameAt = (name: string): number => STRINGS.indexOf(`\0${name}\0`, 0, "latin1") + 1;

const segment = (type: number, flags: number, at: number, size: number): Buffer =>
  Buffer.concat([u32(type, flags), u64(at, at, at, size, size, type === 1 ? PAGE : 8)]);
/** A function of ours, or one that is looked for elsewhere where it has no address. */
const symbol = (name: string, at: number): Buffer =>
  Buffer.concat([u32(nameAt(name)), Buffer.from([0x12, 0]), u16(at === 0 ? 0 : 1), u64(at, at === 0 ? 0 : CODE.length)]);

/** The library, for x86-64 and glibc: its tables and code in a first page, which is not written to, and in a second what the loader fills in. */
export const readOnlyOpenLibrary = (): Buffer => {
  const symbolsAt = 64 + 4 * 56;
  const stringsAt = symbolsAt + 4 * 24;
  const hashAt = stringsAt + Math.ceil(STRINGS.length / 8) * 8;
  const relocationsAt = hashAt + 32;
  const codeAt = relocationsAt + 24;
  const endAt = codeAt + CODE.length;
  const dynamicAt = PAGE;
  // Tags of the gABI: hash, strings, symbols, sizes of these, relocations, and their sizes.
  const dynamic = u64(4, hashAt, 5, stringsAt, 6, symbolsAt, 10, STRINGS.length, 11, 24, 7, relocationsAt, 8, 24, 9, 24, 0, 0);
  const addressAt = dynamicAt + dynamic.length;

  const code = Buffer.from(CODE);
  for (const end of CALL_ENDS) code.writeInt32LE(addressAt - (codeAt + end), end - 4);
  const file = Buffer.alloc(addressAt + 8);
  const put = (at: number, ...parts: Buffer[]) => Buffer.concat(parts).copy(file, at);
  put(
    0,
    Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
    u16(3, 62), // a shared object for x86-64
    u32(1),
    u64(0, 64, 0),
    u32(0),
    u16(64, 56, 4, 64, 0, 0),
    segment(1, 5, 0, endAt), // loaded, readable and executable
    segment(1, 6, dynamicAt, file.length - dynamicAt), // loaded, readable and writable
    segment(2, 6, dynamicAt, dynamic.length), // what the loader is to know
    segment(0x6474e551, 6, 0, 0), // no executable stack
  );
  put(symbolsAt, Buffer.alloc(24), symbol("openat64", 0), symbol("open64", codeAt), symbol("__open64_2", codeAt));
  put(stringsAt, STRINGS);
  // One bucket with all three names in a chain.
  put(hashAt, u32(1, 4, 1, 0, 2, 3, 0));
  put(relocationsAt, u64(addressAt, 2 ** 32 + 6, 0)); // the address of symbol 1
  put(codeAt, code);
  put(dynamicAt, dynamic);
  return file;
};
