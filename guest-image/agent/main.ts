import { constants, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { uptime } from "node:os";
import { join } from "node:path";
import { type AgentHealth, PROTOCOL_VERSION } from "../../src/contract/guest/protocol.ts";
import { RUN_FILES } from "../../src/contract/guest/run.ts";
import { archive } from "./archive.ts";
import { answerJson, type Handler } from "./call.ts";
import { configure, power } from "./configure.ts";
import { divertDns } from "./egress/dns.ts";
import { createOutlet } from "./egress/outlet.ts";
import { followRefusals } from "./egress/refusals.ts";
import { divertTcp } from "./egress/tcp.ts";
import { exec } from "./exec.ts";
import { files } from "./files.ts";
import { log } from "./log.ts";
import { PipePool } from "./pipes.ts";
import { placesFrom } from "./places.ts";
import { ForkPages } from "./prng.ts";
import { processes } from "./processes.ts";
import { profile } from "./profile.ts";
import { renew, standby } from "./renew.ts";
import { openRenewer } from "./renewer.ts";
import { createAgentServer } from "./server.ts";
import { openSettings, readBootConfig } from "./settings.ts";
import { followState } from "./state/state.ts";
import { tunnel } from "./tunnels.ts";
import { guestUser, isRoot } from "./users.ts";
import { workspace } from "./workspace.ts";
import { removeAbandoned } from "./write-file.ts";

/** The guest agent: what the host does in a computer, it does through this one server. */

const health: Handler = ({ stream }) => {
  const boot_id = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  answerJson(stream, { protocol: PROTOCOL_VERSION, boot_id, agent_pid: process.pid, uptime_s: uptime() } satisfies AgentHealth);
};

const start = () => {
  const places = placesFrom(process.env);
  const configFile = join(places.run, RUN_FILES.config);
  const config = readBootConfig(configFile);
  if (isRoot) {
    // The groups that asUser leaves in place: the guest user's, not root's.
    const user = guestUser();
    process.setgroups!([user.gid, ...user.groups]);
    try {
      writeFileSync("/proc/self/oom_score_adj", "-900");
    } catch {
      // Not allowed in a container; the kernel may then choose the agent too.
    }
  }

  removeAbandoned(places);
  const settings = openSettings(configFile, config);
  const pipes = new PipePool(join(places.run, "agent-pipes"));
  pipes.fill().catch((error) => log("cannot make pipes", error));
  const outlet = createOutlet();
  const { egress } = places;
  if (egress) {
    divertTcp(outlet, egress.tcp);
    divertDns(outlet, egress.dns.addresses, egress.dns.port);
    followRefusals(outlet, egress.dmesg);
  }

  const renewer = openRenewer(places.renew);
  const pages = new ForkPages();
  const { server, endOthers } = createAgentServer(settings, {
    "GET /health": health,
    "GET /state": followState(places),
    "POST /configure": configure(places, settings),
    "POST /standby": standby(renewer, pages),
    "POST /renew": renew(places, settings, renewer, pages, (kept) => endOthers(kept)),
    "POST /workspace": workspace(places),
    "POST /power": power(places),
    "POST /exec": exec(pipes, settings),
    ...processes(pipes, settings),
    ...files(places),
    ...archive,
    ...profile(places),
    CONNECT: tunnel,
    ...outlet.routes,
  });
  server.on("error", (error) => {
    log("cannot listen", error);
    process.exit(1);
  });
  if (typeof places.listen === "string") rmSync(places.listen, { force: true });
  server.listen(places.listen, () => {
    log("listening");
    try {
      // The host sees that the port is open; it closes with this process.
      openSync(places.serialPort, constants.O_RDWR | constants.O_NONBLOCK);
    } catch {
      // Not in a machine of Vitrine's.
    }
  });
};

start();
// From here on the error of one stream ends that stream alone, also one that nobody foresaw.
process.on("uncaughtException", (error) => log("uncaught", error.stack ?? error));
process.on("unhandledRejection", (error) => log("unhandled", error));
process.on("SIGTERM", () => process.exit(0));
