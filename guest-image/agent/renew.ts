import { execFile } from "node:child_process";
import { lstatSync, readFileSync, readlinkSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import type { Http2Session } from "node:http2";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Renewal } from "../../src/contract/guest/protocol.ts";
import { RUN_FILES } from "../../src/contract/guest/run.ts";
import { answerNothing, type Handler, readJson } from "./call.ts";
import type { Places } from "./places.ts";
import type { ForkPages } from "./prng.ts";
import type { Renewer } from "./renewer.ts";
import type { Settings } from "./settings.ts";
import { isRoot } from "./users.ts";
import { HELD } from "./workspace.ts";

const put = (file: string, text: string, mode = 0o644): void => {
  writeFileSync(`${file}.new`, text, { mode });
  renameSync(`${file}.new`, file);
};

/** Chromium and everything that is started later see another zone at once: they watch this link. */
const setTimeZone = (etc: string, zone: string): void => {
  const name = zone || "Etc/UTC";
  const target = `/usr/share/zoneinfo/${name}`;
  const link = join(etc, "localtime");
  if (lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink() && readlinkSync(link) === target) return;
  const fresh = join(etc, "localtime.new");
  rmSync(fresh, { force: true });
  symlinkSync(target, fresh);
  renameSync(fresh, link);
  put(join(etc, "timezone"), `${name}\n`);
};

const writeIdentity = ({ etc, run }: Places, { hostname, machine_id, session, timezone }: Renewal): void => {
  put(join(etc, "hostname"), `${hostname}\n`);
  const hosts = readFileSync(join(etc, "hosts"), "utf8");
  put(join(etc, "hosts"), hosts.replace(/^127\.0\.1\.1 .*$/m, `127.0.1.1 ${hostname}`));
  put(join(etc, "machine-id"), `${machine_id}\n`);
  setTimeZone(etc, timezone);
  put(join(run, RUN_FILES.session), session);
};

/** POST /standby: gets ready what the renewals of the copies need; with `alone`, lets go of what need not be saved, and of the host. */
export const standby =
  (renewer: Renewer, pages: ForkPages): Handler =>
  async ({ stream, query }) => {
    await renewer.prepare();
    pages.look();
    if (query.get("alone") === "1") {
      if (isRoot) {
        writeFileSync("/proc/sys/vm/drop_caches", "3");
        writeFileSync("/proc/sys/vm/compact_memory", "1");
      }
      // Nothing of the host's is left in what is saved: the link ends here, once the answer is out.
      const { session } = stream;
      stream.once("close", () => session?.destroy());
    }
    answerNothing(stream);
  };

/** POST /renew: from now on this is another computer, with its own name, secret, clock and random numbers. */
export const renew =
  (places: Places, settings: Settings, renewer: Renewer, pages: ForkPages, endOthers: (kept: Http2Session | undefined) => void): Handler =>
  async ({ stream }) => {
    const came = performance.now();
    const renewal = await readJson<Renewal>(stream);
    // Connections that were open when the machine was saved lead nowhere, and nobody says so.
    endOthers(stream.session);
    const { hostname, entropy, secret, settings: change, grow, copy } = renewal;
    const clock = () => (change.clock_ms ?? Date.now()) + (performance.now() - came);
    await renewer.apply(hostname, clock, Buffer.from(entropy, "base64"), grow.workspace ?? 0, () => writeIdentity(places, renewal));
    // After the kernel's own numbers are new, since it is from them that the others are seeded.
    if (copy) pages.wipe();
    // The host's disk has room again, or it would not have been started.
    rmSync(join(places.run, HELD), { force: true });
    settings.become({ secret, hostname, settings: change });
    if (grow.root) await promisify(execFile)("resize2fs", ["/dev/vda"], { env: { PATH: "/usr/sbin:/sbin" } });
    answerNothing(stream);
  };
