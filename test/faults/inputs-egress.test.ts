import { afterAll, beforeAll, expect } from "vitest";
import { probes } from "../support/egress-probes.ts";
import { type EgressWorld, NO_EVENT, startEgressWorld, tryProbes } from "../support/egress-world.ts";
import { fault } from "./fault.ts";

let world: EgressWorld;
beforeAll(async () => {
  world = await startEgressWorld({ template: "scratch", ram_mb: 512 });
});
afterAll(() => world?.close());

/** Some of each kind; all of them are in test/vm/egress.test.ts. */
const CHOSEN =
  /^metadata |^host loopback as |at the gateway$|host alias$|^another computer|^a name that leads|rebinds$|^redirect|^RFC 1918|^ULA|^UDP to the gateway$/;

fault(
  {
    id: "B6",
    what: "a guest's root: metadata, the gateway, the host's loopback in all notations, neighbours, rebinding, redirects",
    expected: "refused, each with its event; what is allowed works",
  },
  async () => {
    const { computer, internet, aims } = world;
    const table = await tryProbes(
      computer,
      probes(aims).filter(({ title }) => CHOSEN.test(title)),
    );
    expect(table.length).toBeGreaterThanOrEqual(25);
    expect(table.filter(({ reached, rule }) => reached || rule === NO_EVENT)).toEqual([]);
    expect(internet.dialled.filter((address) => !/^(93\.184\.216\.34|2606:2800:220:1::34):80$/.test(address))).toEqual([]);
    const { stdout } = await computer.exec("curl -sS --max-time 60 http://allowed.example/page", { timeout_s: 90 });
    expect(stdout).toBe("web allowed.example /page");
    return `${table.length} tries: 0 reached, ${table.length} events; an allowed name answered`;
  },
);
