import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** What `npm pack --json` says of a package. */
export interface Packed {
  filename: string;
  size: number;
  files: { path: string }[];
}

/** Packs the package in `folder` into `to`. */
export const pack = async (folder: string, to: string): Promise<Packed> => {
  const { stdout } = await run("npm", ["pack", "--json", "--ignore-scripts", "--offline", "--pack-destination", to], { cwd: folder });
  return JSON.parse(stdout)[0];
};

/** An npm registry on the loopback of the packages in `folders`, which are packed into `dir`. */
export const startRegistry = async (folders: readonly string[], dir: string) => {
  const packages = await Promise.all(
    folders.map(async (folder) => ({
      manifest: JSON.parse(await readFile(join(folder, "package.json"), "utf8")),
      tarball: await readFile(join(dir, (await pack(folder, dir)).filename)),
    })),
  );
  const server = createServer((request, answer) => {
    const found = packages.find(({ manifest }) => [`/${manifest.name}`, `/${manifest.name}.tgz`].includes(request.url ?? ""));
    if (!found) return void answer.writeHead(404).end("{}");
    const { manifest, tarball } = found;
    if (request.url?.endsWith(".tgz")) return void answer.end(tarball);
    const { version } = manifest;
    const dist = { tarball: `${url}${manifest.name}.tgz` };
    answer.end(JSON.stringify({ name: manifest.name, "dist-tags": { latest: version }, versions: { [version]: { ...manifest, dist } } }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return {
    url,
    close: () => {
      server.closeAllConnections();
      return new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
};
