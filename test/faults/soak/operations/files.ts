import { createHash } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { VitrineError } from "../../../../src/client/index.ts";
import type { Client, Operation } from "../client.ts";
import type { Known } from "../fleet.ts";
import type { Terms } from "../judge.ts";

/** Files of each client on each computer; those in memory are to outlive a suspend alone. */
const PATHS = 5;
/** Milliseconds that a call may take beside seven others. */
const CALL_MS = 90_000;

export const RUNNING: Terms = { needs: ["running"], takes: "agent" };
export const hashOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

const folderOf = (client: Client): string => `/home/ohm/${client.index}`;
const pathsOf = (client: Client): string[] => [
  ...Array.from({ length: PATHS }, (_, i) => `${folderOf(client)}/${i}`),
  `/dev/shm/${client.index}`,
];

const write: Operation = {
  name: "write a file",
  weight: 14,
  run: async (client) => {
    const known = client.some(({ status }) => status === "running");
    const path = client.random.pick(pathsOf(client));
    if (!known || !path) return;
    const bytes = client.random.bytes(client.random.chance(0.1) ? 4 * 1024 * 1024 : client.random.below(64 * 1024));
    const hash = hashOf(bytes);
    known.files.begin(path, hash);
    const outcome = await client.call(known, RUNNING, () => known.computer.files.write(path, bytes, { timeoutMs: CALL_MS }));
    if (outcome.is !== "done") return;
    known.files.acknowledged(path, hash);
  },
};

/** Reads a file and holds it against what was promised of it. */
export const readBack = async (client: Client, known: Known, path: string): Promise<void> => {
  const outcome = await client.call(known, RUNNING, async () => {
    try {
      return hashOf(await known.computer.files.read(path, { timeoutMs: CALL_MS }));
    } catch (error) {
      if (error instanceof VitrineError && error.code === "file_not_found") return null;
      throw error;
    }
  });
  if (outcome.is !== "done") return;
  const promised = known.files.certain(path);
  if (known.files.seen(path, outcome.value)) client.tally.count("files compared", "as promised");
  else client.violated(`${path} holds ${outcome.value ?? "nothing"} instead of ${promised ?? "what was written"}`, known);
};

const read: Operation = {
  name: "read a file",
  weight: 10,
  run: async (client) => {
    const known = client.some(({ status }) => status === "running");
    const path = known && client.random.pick(known.files.paths().filter((one) => pathsOf(client).includes(one)));
    if (known && path) await readBack(client, known, path);
  },
};

const remove: Operation = {
  name: "delete a file",
  weight: 4,
  run: async (client) => {
    const known = client.some(({ status }) => status === "running");
    const path = known && client.random.pick(pathsOf(client));
    if (!known || !path) return;
    const terms: Terms = { ...RUNNING, may: ["file_not_found"] };
    const there = known.files.certain(path);
    known.files.begin(path, null);
    const outcome = await client.call(known, terms, () => known.computer.files.delete(path, { timeoutMs: CALL_MS }));
    if (outcome.is === "refused" && outcome.code === "file_not_found" && there) client.violated(`${path} was gone`, known);
    if (outcome.is !== "done") return;
    if (there === null) client.violated(`${path} was there`, known);
    known.files.acknowledged(path, null);
  },
};

const move: Operation = {
  name: "move a file",
  weight: 4,
  run: async (client) => {
    const known = client.some(({ status }) => status === "running");
    if (!known) return;
    const onDisk = pathsOf(client).slice(0, PATHS);
    const from = client.random.pick(onDisk.filter((path) => known.files.certain(path)));
    const to = client.random.pick(onDisk.filter((path) => path !== from && known.files.certain(path) !== undefined));
    if (!from || !to) return;
    const hash = known.files.certain(from) as string;
    known.files.beginMove(from, to, hash);
    const outcome = await client.call(known, RUNNING, () => known.computer.files.move(from, to, { overwrite: true, timeoutMs: CALL_MS }));
    if (outcome.is !== "done") return;
    known.files.acknowledged(from, null);
    known.files.acknowledged(to, hash);
  },
};

const archive: Operation = {
  name: "copy a folder as an archive",
  weight: 3,
  run: async (client) => {
    const known = client.some(({ status, files }) => status === "running" && Boolean(files.certain(`${folderOf(client)}/0`)));
    if (!known) return;
    const { files } = known.computer;
    const copies = pathsOf(client)
      .slice(0, PATHS)
      .map((path) => ({ content: known.files.certain(path), path: path.replace(folderOf(client), `${folderOf(client)}-copy`) }));
    const packed = await client.call(known, RUNNING, async () =>
      buffer(await files.downloadArchive(folderOf(client), { timeoutMs: CALL_MS })),
    );
    if (packed.is !== "done") return;
    const certain = copies.filter(({ content }) => content);
    for (const { path, content } of certain) known.files.begin(path, content as string);
    const unpacked = await client.call(known, RUNNING, () =>
      files.uploadArchive(`${folderOf(client)}-copy`, packed.value, { timeoutMs: CALL_MS }),
    );
    if (unpacked.is !== "done") return;
    for (const { path, content } of certain) known.files.acknowledged(path, content as string);
    const copy = client.random.pick(certain);
    if (copy) await readBack(client, known, copy.path);
  },
};

export const fileOperations: readonly Operation[] = [write, read, remove, move, archive];
