import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { tempDir } from "../../support/temp.ts";
import { computer, json, refuse } from "../client/service.ts";
import { vitrine } from "./command-line.ts";
import { serving } from "./serving.ts";

const C = "/v1/computers/cmp_abcdefghijkl";
const SNAPSHOT = {
  id: "snp_aaaaaaaaaaaa",
  computer_id: "cmp_abcdefghijkl",
  name: "one\u001b[2J",
  created_at: "2026-11-20T10:00:00.000Z",
  size_bytes: 20_000_000,
  workspace_quota_mb: 65536,
};
const { serve } = serving({ "GET /v1/computers/einstein": (_, answer) => json(answer, computer()) });
let folder: string;
beforeEach(() => {
  folder = tempDir();
});

test("snapshots are made, listed, restored and deleted", async () => {
  const asked: string[] = [];
  await serve({
    [`POST ${C}/snapshots`]: ({ body }, answer) => {
      asked.push(body.toString());
      json(answer, SNAPSHOT, 201);
    },
    [`GET ${C}/snapshots`]: (_, answer) => json(answer, { data: [SNAPSHOT], next_cursor: null }),
    [`POST ${C}/snapshots/${SNAPSHOT.id}/restore`]: (_, answer) => json(answer, computer({ status: "stopped" })),
    [`DELETE ${C}/snapshots/${SNAPSHOT.id}`]: (_, answer) => void answer.writeHead(204).end(),
  });
  const made = await vitrine(["computer", "snapshot", "create", "einstein", "--name", "one"]);
  expect([made.code, asked]).toEqual([0, ['{"name":"one"}']]);
  expect(made.stdout).toContain(SNAPSHOT.id);
  expect((await vitrine(["computer", "snapshot", "list", "einstein"])).stdout).toBe(
    "ID                NAME     CREATED                   SIZE\nsnp_aaaaaaaaaaaa  one\uFFFD[2J  2026-11-20T10:00:00.000Z  20 MB\n",
  );
  expect((await vitrine(["computer", "snapshot", "restore", "einstein", SNAPSHOT.id])).stdout).toMatch(/status +stopped/);
  expect((await vitrine(["computer", "snapshot", "delete", "einstein", SNAPSHOT.id])).stdout).toBe(`deleted ${SNAPSHOT.id}\n`);
});

test("an export is a file that is whole or not there, or goes to standard output", async () => {
  let whole = true;
  await serve({
    [`GET ${C}/workspace`]: (_, answer) => {
      answer.writeHead(200, { "content-type": "application/gzip" }).write("arch");
      if (whole) answer.end("ive");
      else setImmediate(() => answer.destroy());
    },
  });
  const path = join(folder, "out.tar.gz");
  const done = await vitrine(["computer", "workspace", "export", "einstein", "-o", path]);
  expect([done.code, done.stdout, readFileSync(path, "utf8")]).toEqual([0, `${path}\n`, "archive"]);
  expect(done.stderr).toContain("workspace: exporting einstein");
  expect((await vitrine(["computer", "workspace", "export", "einstein", "-o", "-"])).stdout).toBe("archive");
  whole = false;
  const other = join(folder, "broken.tar.gz");
  expect((await vitrine(["computer", "workspace", "export", "einstein", "-o", other])).code).not.toBe(0);
  expect(existsSync(other)).toBe(false);
});

test("an import sends the file, and says why it was refused", async () => {
  const seen: unknown[] = [];
  let refused = false;
  await serve({
    [`PUT ${C}/workspace`]: ({ body, query }, answer) => {
      seen.push([query.replace, body.length]);
      if (refused) refuse(answer, "archive_invalid", { reason: "it is not one" });
      else answer.writeHead(204).end();
    },
  });
  const path = join(folder, "in.tar.gz");
  writeFileSync(path, Buffer.alloc(300_000, 7));
  const done = await vitrine(["computer", "workspace", "import", "einstein", path]);
  expect(done.code, done.stderr).toBe(0);
  expect(done.stderr).toContain("100 %");
  refused = true;
  const failed = await vitrine(["computer", "workspace", "import", "einstein", path, "--replace"]);
  expect(failed.code).not.toBe(0);
  expect(failed.stderr).toContain("it is not one");
  expect(seen).toEqual([
    ["0", 300_000],
    ["1", 300_000],
  ]);
  expect((await vitrine(["computer", "workspace", "import", "einstein", join(folder, "none")])).code).not.toBe(0);
});
