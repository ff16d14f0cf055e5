import { z } from "zod";
import { VitrineError } from "../../../contract/errors.ts";
import { type FileStat, GuestPath } from "../../../contract/exec.ts";
import { parse } from "../../parse.ts";
import { filesIn } from "./upload.ts";
import type { DoorCall, Verb } from "./verb.ts";

const path = GuestPath;
const mode = z.string().regex(/^[0-7]{3,4}$/, "give an octal mode, like 644");
const owner = z.string().regex(/^[\w][\w.-]{0,31}$/, "give a name or a number");
const Path = z.strictObject({ path });
const PathMode = z.strictObject({ path, mode: mode.nullish() });
const Permissions = z.strictObject({ path, mode, owner: owner.nullish(), group: owner.nullish() });
const Move = z.strictObject({ src_path: path, dest_path: path });

const LETTERS = { file: "-", directory: "d", symlink: "l", other: "?" } as const;
/** As ls has it, of an octal mode. */
const modeText = ({ type, mode }: FileStat): string =>
  LETTERS[type] +
  [...mode.slice(-3)].map((digit) => [..."rwx"].map((letter, i) => (Number(digit) & (4 >> i) ? letter : "-")).join("")).join("");

const fileView = (stat: FileStat) => ({
  name: stat.name,
  path: stat.path,
  is_dir: stat.type === "directory",
  size_bytes: stat.type === "directory" ? 0 : stat.size_bytes,
  mode: modeText(stat),
  mod_time: stat.modified_at,
});

/** The vendor's file calls are root's; of ours, commands alone can be. Throws invalid_request with what the command said. */
const asRoot = async ({ run, params }: DoorCall, argv: string[]): Promise<void> => {
  const { exit_code, stderr } = await run("exec", { params, body: { argv, user: "root" } });
  if (exit_code !== 0) throw new VitrineError("invalid_request", { reason: stderr.trim().slice(0, 300) });
};

const setMode = async (call: DoorCall, path: string, mode: string | null | undefined): Promise<void> => {
  if (mode) await asRoot(call, ["chmod", "--", mode, path]);
};

const setPermissions = async (call: DoorCall): Promise<void> => {
  const { path, mode, owner, group } = parse(Permissions, call.body, "body");
  if (owner || group) await asRoot(call, ["chown", "--", `${owner ?? ""}${group ? `:${group}` : ""}`, path]);
  await setMode(call, path, mode);
};

/** Deletes what is of the kind that the call is for. */
const remove = (directory: boolean) => async (call: DoorCall) => {
  const { run, params } = call;
  const query = parse(Path, call.body, "body");
  const isDirectory = (await run("statFile", { params, query })).type === "directory";
  if (isDirectory !== directory) throw new VitrineError(directory ? "not_a_directory" : "not_a_file", query);
  await run("deleteFile", { params, query });
};

const upload = async ({ run, params, request }: DoorCall): Promise<void> => {
  for (const { path, bytes } of await filesIn(request)) await run("writeFile", { params, query: { path }, bytes: bytes() });
};

const writeFile = async (call: DoorCall): Promise<void> => {
  const { path, mode } = parse(PathMode, call.query, "query");
  await call.run("writeFile", { params: call.params, query: { path } });
  await setMode(call, path, mode);
};

const makeDirectory = async (call: DoorCall): Promise<void> => {
  const { path, mode } = parse(PathMode, call.body, "body");
  await call.run("makeDirectory", { params: call.params, body: { path } });
  await setMode(call, path, mode);
};

const move = async ({ run, params, body }: DoorCall): Promise<void> => {
  const { src_path, dest_path } = parse(Move, body, "body");
  await run("moveFile", { params, body: { from: src_path, to: dest_path, overwrite: true } });
};

/** Files and folders. */
export const fileVerbs: readonly Verb[] = [
  { method: "get", path: "/:id/fs/read_file", does: async ({ run, params, query }) => void (await run("readFile", { params, query })) },
  {
    method: "get",
    path: "/:id/fs/list_files",
    does: async ({ run, params, query }) => (await run("listFiles", { params, query })).data.map(fileView),
  },
  { method: "get", path: "/:id/fs/file_info", does: async ({ run, params, query }) => fileView(await run("statFile", { params, query })) },
  { method: "put", path: "/:id/fs/write_file", raw: true, status: 201, does: writeFile },
  { method: "post", path: "/:id/fs/upload", raw: true, status: 201, does: upload },
  { method: "put", path: "/:id/fs/create_directory", status: 201, does: makeDirectory },
  { method: "put", path: "/:id/fs/delete_file", does: remove(false) },
  { method: "put", path: "/:id/fs/delete_directory", does: remove(true) },
  { method: "put", path: "/:id/fs/move", does: move },
  { method: "put", path: "/:id/fs/set_file_permissions", does: setPermissions },
];
