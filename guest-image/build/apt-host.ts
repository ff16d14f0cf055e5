import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { VitrineError } from "../../src/contract/errors.ts";
import { type AptEntry, type AptSources, parseSources, selectSources } from "./apt-sources.ts";

const readOr = (path: string, otherwise: string): string => (existsSync(path) ? readFileSync(path, "utf8") : otherwise);

const osRelease = (): { id: string; codename: string } => {
  const text = readOr("/etc/os-release", readOr("/usr/lib/os-release", ""));
  const field = (name: string) => new RegExp(`^${name}="?([^"\\n]*)`, "m").exec(text)?.[1] ?? "";
  return { id: field("ID"), codename: field("VERSION_CODENAME") };
};

/** Debian's cloud images list their mirrors in a file; the guest has no such file, so the first mirror stands for it. */
const resolveMirrorFile = (entry: AptEntry): AptEntry => ({
  ...entry,
  uris: entry.uris.map((uri) => {
    if (!uri.startsWith("mirror+file:")) return uri;
    const list = readOr(uri.replace(/^mirror\+file:(\/\/)?/, ""), "");
    return (
      list
        .split("\n")
        .map((line) => line.split(/\s/)[0]!)
        .find((line) => line.startsWith("http")) ?? uri
    );
  }),
});

/** The Debian sources of this machine, or of the file `override`. No subprocess. Throws setup_incomplete when there are none. */
export const hostSources = (override: string | undefined): AptSources => {
  if (override && !existsSync(override)) {
    throw new VitrineError("setup_incomplete", { reason: `VITRINE_APT_SOURCES names ${override}, which does not exist` });
  }
  const dir = "/etc/apt/sources.list.d";
  const files = override
    ? [override]
    : [
        "/etc/apt/sources.list",
        ...(existsSync(dir)
          ? readdirSync(dir)
              .sort()
              .map((name) => join(dir, name))
          : []),
      ].filter((path) => /\.(list|sources)$/.test(path));
  const entries = files.flatMap((path) => parseSources(path, readOr(path, ""))).map(resolveMirrorFile);
  return selectSources(entries, osRelease(), override !== undefined);
};

/** How apt on this machine reaches its mirrors. Proxies may hold passwords, so they go in the environment and never in arguments or into the image. */
export const hostAptAccess = (): { env: Record<string, string>; options: string[] } => {
  const dump = execFileSync("apt-config", ["dump", "--format", "%f %v%n", "Acquire"], { encoding: "utf8" });
  return parseAptAccess(dump);
};

/** Reads lines `Acquire::name value`. */
export const parseAptAccess = (dump: string): { env: Record<string, string>; options: string[] } => {
  const env: Record<string, string> = {};
  const options: string[] = [];
  const direct: string[] = [];
  for (const line of dump.split("\n")) {
    const [, name, value] = /^(\S+) (.+)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) continue;
    const proxy = /^Acquire::(http|https)::Proxy(?:::(.+))?$/i.exec(name);
    if (proxy && !proxy[2] && value !== "DIRECT") env[`${proxy[1]!.toLowerCase()}_proxy`] = value;
    else if (proxy?.[2] && value === "DIRECT") direct.push(proxy[2]);
    else if (/^Acquire::(Check-Valid-Until|Check-Date|Retries|ForceIPv4|ForceIPv6|https::(CaInfo|Verify-Peer))$/i.test(name)) {
      options.push(`${name} "${value}";`);
    }
  }
  // apt uses the http proxy for https as well when no other is set.
  if (env.http_proxy && !env.https_proxy) env.https_proxy = env.http_proxy;
  if (direct.length > 0) env.no_proxy = direct.join(",");
  return { env, options };
};
