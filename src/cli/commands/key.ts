import type { Command } from "commander";
import type { Key } from "../../client/index.ts";
import type { Cli } from "../cli.ts";
import { fields, print, table } from "../print.ts";
import { duration, integer } from "../values.ts";

interface CreateOptions {
  owner?: string;
  maxComputers?: number;
  maxVcpus?: number;
  maxRamMb?: number;
  maxDiskMb?: number;
  maxRecordingMb?: number;
  requestsPerMinute?: number;
  expiresIn?: number;
}

const status = ({ expires_at, revoked_at }: Key): string =>
  revoked_at === null ? "valid" : expires_at !== null && expires_at <= revoked_at ? "expired" : "revoked";
/** What is used, of what may be. */
const share = (used: number, limit: number | null): string => (limit === null ? String(used) : `${used}/${limit}`);
const row = (key: Key): string[] => [
  key.name,
  key.id,
  status(key),
  key.owner ?? "",
  share(key.usage.computers, key.max_computers),
  share(key.usage.vcpus, key.max_vcpus),
  share(key.usage.ram_mb, key.max_ram_mb),
  share(key.usage.disk_mb, key.max_disk_mb),
  share(key.usage.recording_mb, key.max_recording_mb),
  key.expires_at ?? "",
];

export const addKey = (parent: Command, cli: Cli): void => {
  const key = parent.command("key").description("Make and revoke API keys; takes the operator's own");
  key
    .command("create <name>")
    .description("Make a key that sees its own computers alone, and print it this once")
    .option("--owner <label>", "whose it is")
    .option("--max-computers <n>", "computers that are not deleted", integer)
    .option("--max-vcpus <n>", "cores of computers that are not stopped", integer)
    .option("--max-ram-mb <n>", "memory of computers that are not stopped", integer)
    .option("--max-disk-mb <n>", "disks of all its computers", integer)
    .option("--max-recording-mb <n>", "size of its recordings", integer)
    .option("--requests-per-minute <n>", "requests that it may make", integer)
    .option("--expires-in <time>", "when it ends by itself, like 12h or 90d", duration)
    .action(async (name: string, options: CreateOptions) => {
      const { owner, maxComputers, maxVcpus, maxRamMb, maxDiskMb, maxRecordingMb, requestsPerMinute, expiresIn } = options;
      const input = {
        name,
        owner,
        max_computers: maxComputers,
        max_vcpus: maxVcpus,
        max_ram_mb: maxRamMb,
        max_disk_mb: maxDiskMb,
        max_recording_mb: maxRecordingMb,
        requests_per_minute: requestsPerMinute,
        expires_in_s: expiresIn,
      };
      const made = await cli.vitrine().keys.create(input, { signal: cli.signal });
      print(cli, made, fields({ id: made.id, name: made.name, owner: made.owner, expires: made.expires_at, key: made.key }));
    });
  key
    .command("list")
    .alias("ls")
    .description("List keys, what they use and what they may, newest first")
    .action(async () => {
      const keys = await cli.vitrine().keys.list({ signal: cli.signal });
      const headings = ["NAME", "ID", "STATUS", "OWNER", "COMPUTERS", "CORES", "RAM MB", "DISK MB", "RECORDINGS MB", "EXPIRES"];
      print(cli, keys, keys.length > 0 ? table(headings, keys.map(row)) : "There are no keys but the operator's.");
    });
  key
    .command("revoke <ids...>")
    .description("End keys and all that is open with them; their computers stay")
    .action(async (ids: string[]) => {
      const { keys } = cli.vitrine();
      for (const id of ids) await keys.revoke(id, { signal: cli.signal });
      print(cli, { revoked: ids }, "");
    });
};
