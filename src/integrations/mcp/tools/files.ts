import { z } from "zod";
import { GuestPath } from "../../../contract/exec.ts";
import { wholeCharacters } from "../../shared/text.ts";
import { which } from "../session.ts";
import { DESTROYS, json, LOOKS, text, tool } from "../tool.ts";

const DEFAULT_READ = 64 * 1024;
const MAX_READ = 256 * 1024;
const MAX_WRITE = 4 * 1024 * 1024;
const MAX_LISTED = 1000;

const path = GuestPath.describe("Absolute path in the computer, like /home/ohm/notes.txt");
const encoding = z.enum(["utf8", "base64"]).default("utf8").describe("base64 for what is not text");

const read = tool(
  "file_read",
  {
    title: "Read a file",
    description: `Reads a file of a computer, ${DEFAULT_READ} bytes of it when limit says nothing else, and says where to go on.`,
    inputSchema: z.object({
      ...which,
      path,
      offset: z.int().min(0).default(0).describe("The byte to begin at"),
      limit: z.int().min(1).max(MAX_READ).default(DEFAULT_READ).describe("Bytes at most"),
      encoding,
    }),
    annotations: LOOKS,
  },
  async ({ computer, path, offset, limit, encoding }, { session, signal }) => {
    const { files } = await session.computer(computer, signal);
    const { size_bytes } = await files.stat(path, { signal });
    if (offset > 0 && offset >= size_bytes) return [text(""), text(`The file ends at byte ${size_bytes}.`)];
    // One byte more than is given tells whether a character ends there. An empty file has no range.
    const part = size_bytes === 0 ? {} : { start: offset, end: offset + limit };
    const bytes = await files.read(path, { ...part, signal });
    const end = encoding === "utf8" ? wholeCharacters(bytes, limit) : Math.min(limit, bytes.length);
    const content = text(bytes.subarray(0, end).toString(encoding));
    if (end === bytes.length) return [content];
    return [content, text(`These are ${end} bytes of ${size_bytes}; go on with offset ${offset + end}.`)];
  },
);

const write = tool(
  "file_write",
  {
    title: "Write a file",
    description: "Writes a file of a computer, whole or not at all; what was there is replaced, and folders that are missing are made.",
    inputSchema: z.object({ ...which, path, content: z.string().max(MAX_WRITE), encoding }),
    annotations: DESTROYS,
  },
  async ({ computer, path, content, encoding }, { session, signal }) => {
    const bytes = Buffer.from(content, encoding);
    await (await session.computer(computer, signal)).files.write(path, bytes, { signal });
    return `Wrote ${bytes.length} bytes to ${path}.`;
  },
);

const list = tool(
  "file_list",
  {
    title: "List a folder",
    description: `Lists what is in a folder of a computer: the first ${MAX_LISTED} entries.`,
    inputSchema: z.object({ ...which, path }),
    annotations: LOOKS,
  },
  async ({ computer, path }, { session, signal }) => {
    const entries = await (await session.computer(computer, signal)).files.list(path, { signal });
    const shown = entries.slice(0, MAX_LISTED).map(({ name, type, size_bytes, modified_at }) => ({ name, type, size_bytes, modified_at }));
    return json({ entries: shown, left_out: entries.length - shown.length });
  },
);

export const FILE_TOOLS = [read, write, list];
