import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer as createHttp, type Server as HttpServer } from "node:http";
import { createServer as createHttps } from "node:https";
import { type AddressInfo, createServer as createTcp, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { type Computer, Vitrine } from "../../src/client/index.ts";
import type { CreateComputerInput } from "../../src/contract/computer.ts";
import type { Event } from "../../src/contract/events.ts";
import { serve } from "../../src/server/main.ts";
import { readConfig } from "../../src/server/setup/config.ts";
import type { Probe } from "./egress-probes.ts";
import { fakeInternet } from "./internet.ts";
import { TEST_TLS } from "./tls.ts";

const PROBES = readFileSync(new URL("egress-probes.py", import.meta.url), "utf8");

const REDIRECTS: Record<string, string> = {
  "/to-metadata": "http://169.254.169.254/latest/meta-data/",
  "/to-gateway": "http://10.0.2.2/",
  "/to-other": "http://other.example/",
  // By then the name has another address.
  "/turn": "http://turning.example/turned",
};
const PAGES: Record<string, string> = {
  // A repository and a package index that need no program on the server's side.
  "/repository/info/refs": "0123456789012345678901234567890123456789\trefs/heads/main\n",
  "/apt/Packages": "",
};

/**
 * A service of its own with one restricted computer, and the world around it: servers on this host's loopback, found by the names and addresses of a
 * stand-in internet.
 */
export const startEgressWorld = async (spec: CreateComputerInput = {}) => {
  const internet = fakeInternet();
  const dataDir = mkdtempSync(join(tmpdir(), "vt-"));
  const servers: Server[] = [];
  const put = (server: Server, address: string, port: number, ...names: string[]) => {
    if (!servers.includes(server)) servers.push(server);
    return internet.put(server, address, port, ...names);
  };
  const web = createHttp((request, response) => {
    const path = new URL(request.url ?? "/", "http://web").pathname;
    if (path === "/turn") internet.name("turning.example", ["169.254.169.254"]);
    const location = REDIRECTS[path];
    if (location) return response.writeHead(302, { location }).end();
    const page = PAGES[path];
    if (/^\/(repository|apt)\//.test(path) && page === undefined) return response.writeHead(404).end();
    response.end(page ?? `web ${request.headers.host} ${request.url}`);
  });
  const secure = createHttps(TEST_TLS, (request, response) => void response.end(`secure ${request.headers.host}`));
  const greeter = createTcp((socket) => {
    socket.on("error", () => {});
    socket.end("220 greetings\r\n");
  });
  const secret = createHttp((_request, response) => void response.end("the host's secret"));
  const [one, two, six, other] = ["93.184.216.34", "93.184.216.36", "2606:2800:220:1::34", "93.184.216.35"];
  await put(web, one, 80, "allowed.example", "sub.wild.example", "wild.example", "turning.example");
  await put(secure, one, 443);
  await put(web, six, 80, "allowed.example");
  for (const address of [other, "2606:2800:220:1::35", "93.184.216.33"]) {
    await put(web, address, 80);
    await put(secure, address, 443);
  }
  internet.name("other.example", [other]);
  await put(greeter, two, 25, "greeter.example", "ported.example");
  await put(web, two, 80);
  await put(web, two, 8080);
  internet.name("rebind.example", ["127.0.0.1"]);
  internet.name("metadata.example", ["169.254.169.254"]);
  internet.name("private.example", ["10.0.0.5"]);
  internet.name("mapped.example", ["::ffff:169.254.169.254"], "AAAA");
  servers.push(secret);
  await new Promise<void>((resolve) => secret.listen(0, "127.0.0.1", resolve));

  const service = await serve(
    { ...readConfig({ VITRINE_RAM_FACTOR: "2", ...process.env }), listen: { host: "127.0.0.1", port: 0 }, dataDir },
    { internet, dashboard: null, log: pino({ level: "silent" }) },
  );
  const vitrine = new Vitrine(service);
  const computer = await vitrine.computers.create({
    ...spec,
    network: {
      mode: "restricted",
      allow: [
        "allowed.example",
        "*.wild.example",
        "greeter.example",
        "ported.example:80",
        "rebind.example",
        "metadata.example",
        "private.example",
        "mapped.example",
        "turning.example",
      ],
    },
  });
  return {
    internet,
    computer,
    put,
    aims: { servicePort: Number(new URL(service.url).port), secretPort: (secret.address() as AddressInfo).port },
    close: async () => {
      for await (const each of vitrine.computers.all()) await each.delete();
      await service.close();
      for (const server of servers) {
        if ("closeAllConnections" in server) (server as HttpServer).closeAllConnections();
        server.close();
      }
      rmSync(dataDir, { recursive: true });
    },
  };
};
export type EgressWorld = Awaited<ReturnType<typeof startEgressWorld>>;

const refusals = async (computer: Computer): Promise<Event[]> => {
  const found: Event[] = [];
  let after: number | undefined;
  for (;;) {
    const page = await computer.listEvents({ types: ["egress.refused"], limit: 200, ...(after !== undefined && { after }) });
    found.push(...page.data);
    if (page.data.length === 0) return found;
    after = page.data.at(-1)!.id;
  }
};

/** What came of a probe; `rule` is the one of its refusal's event. */
export interface Probed {
  title: string;
  reached: boolean;
  said: string;
  rule: unknown;
}
export const NO_EVENT = "NO EVENT";

/** Has root in the computer try each. */
export const tryProbes = async (computer: Computer, list: readonly Probe[]): Promise<Probed[]> => {
  await computer.files.write("/tmp/probes.py", PROBES);
  const ran = await computer.exec(["python3", "/tmp/probes.py"], {
    user: "root",
    stdin: JSON.stringify(list.map(({ do: verb, with: args }) => ({ do: verb, with: args }))),
    timeout_s: 500,
  });
  if (ran.stderr !== "") throw new Error(ran.stderr);
  const said = ran.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Pick<Probed, "reached" | "said">);
  const told = await refusals(computer);
  return list.map(({ title, event }, at) => {
    const match = event && told.find(({ data }) => Object.entries(event).every(([key, value]) => data[key] === value));
    return { title, ...said[at]!, rule: match?.data.rule ?? (event === null ? "stays in the guest" : NO_EVENT) };
  });
};
