import { createServer } from "node:http";
import { type AddressInfo, createServer as createTcp } from "node:net";
import type { Computer } from "../../../src/client/index.ts";
import { onFirstPage } from "../../support/first-page.ts";
import { type Section, timed } from "../bench.ts";

const COPIES = 8;
const IDENTITY = "hostname; cat /etc/machine-id; python3 -c 'import os; print(os.getrandom(16).hex())'";

/** A browser that is logged in, copied: how long that takes, and whether each copy is logged in and somebody else. */
export const fork: Section = async ({ vitrine, logged }) => {
  const site = createServer((request, response) => {
    if (request.url === "/login") response.setHeader("Set-Cookie", "user=ada; Path=/");
    response.setHeader("Content-Type", "text/html");
    response.end(`<!doctype html><p id=who>${request.headers.cookie ?? "nobody"}`);
  });
  const randoms: string[] = [];
  const tls = createTcp((socket) => {
    socket.on("error", () => {});
    // Source: RFC 8446, 4.1.2: the client's random follows the record's, the message's and the version's heads.
    socket.once("data", (hello) => {
      randoms.push(hello.subarray(11, 43).toString("hex"));
      socket.destroy();
    });
  });
  for (const server of [site, tls]) await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const port = (server: typeof site | typeof tls) => (server.address() as AddressInfo).port;
  const url = `http://host.vitrine.internal:${port(site)}`;
  const parent = await vitrine.computers.create({ network: { host_ports: [port(site), port(tls)] } });
  await onFirstPage(parent, (page) => page.goto(`${url}/login`));
  let copies: Computer[] = [];
  const took = await timed(async () => {
    copies = await parent.fork({ count: COPIES });
  });
  const held = logged.filter(({ msg }) => msg === "held still for fork").map(({ ms }) => Number(ms));
  let loggedIn = 0;
  const identities: string[][] = [];
  for (const copy of copies) {
    const who = await onFirstPage(copy, async (page) => {
      await page.evaluate(`fetch("https://host.vitrine.internal:${port(tls)}/").catch(() => {})`);
      await page.goto(`${url}/`);
      return page.textContent("#who");
    });
    if (who === "user=ada") loggedIn++;
    identities.push((await copy.exec(IDENTITY, { timeout_s: 120 })).stdout.trim().split("\n"));
  }
  await Promise.all([parent, ...copies].map((one) => one.delete()));
  site.closeAllConnections();
  site.close();
  tls.close();
  if (randoms.length < COPIES) throw new Error("not every copy began a TLS connection");
  const different = (field: number) => [new Set(identities.map((one) => one[field])).size];
  return [
    { name: `fork into ${COPIES}, all running`, unit: "ms", values: [took] },
    { name: "  the parent held still", unit: "ms", values: held },
    { name: "  still logged in", unit: "of 8", values: [loggedIn] },
    { name: "  different host names", unit: "of 8", values: different(0) },
    { name: "  different machine-ids", unit: "of 8", values: different(1) },
    { name: "  different getrandom outputs", unit: "of 8", values: different(2) },
    { name: "  TLS hellos with a client random that another had", unit: "count", values: [randoms.length - new Set(randoms).size] },
  ];
};
