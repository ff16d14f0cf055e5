import { expect } from "vitest";
import { receiver } from "../support/receiver.ts";
import { fault } from "./fault.ts";
import { startedService } from "./started-service.ts";

const KILLS = 3;
const EVENTS = 20;

const service = await startedService();

fault(
  {
    id: "S-webhooks",
    what: "kill -9 of the service between an event and its delivery, again and again",
    expected: "each event comes, in order; again only what was not acknowledged when the service was killed",
  },
  async () => {
    const hook = await receiver();
    /** Ids of what was acknowledged. */
    const acknowledged = new Set<number>();
    /** Of what was sent again after that. */
    const again: number[] = [];
    hook.answer = (_request, response) => {
      const { id } = hook.seen.at(-1)!.event;
      if (acknowledged.has(id)) again.push(id);
      // Some are left waiting, so that the service dies with one of them on its way.
      if (id % 7 === 0 && !acknowledged.has(-id)) {
        acknowledged.add(-id);
        return;
      }
      response.writeHead(200).end(() => acknowledged.add(id));
    };
    const { vitrine } = service;
    await vitrine.webhooks.create({ url: hook.url, events: ["audit"] });
    for (let kill = 0; kill < KILLS; kill++) {
      const before = hook.seen.length;
      for (let i = 0; i < EVENTS; i++) await vitrine.keys.create({ name: `key-${kill}-${i}` });
      await expect.poll(() => hook.seen.length, { timeout: 60_000 }).toBeGreaterThan(before);
      await service.kill();
      await service.start();
    }
    const { data: kept } = await vitrine.listEvents({ types: ["audit"], limit: 1000 });
    await expect.poll(() => hook.distinct().length, { timeout: 120_000 }).toBe(kept.length);
    expect(hook.distinct()).toEqual(kept.map(({ id }) => id));
    // What was acknowledged and could not be written down any more: at most one for each kill.
    expect(again.length).toBeLessThanOrEqual(KILLS);
    const quiet = hook.seen.length;
    await service.kill();
    await service.start();
    await vitrine.keys.create({ name: "last" });
    await expect.poll(() => hook.distinct().length, { timeout: 60_000 }).toBe(kept.length + 1);
    expect(hook.seen.length - quiet).toBeLessThanOrEqual(2);
    return `${kept.length} of ${kept.length} events over ${KILLS} kills, in order; ${again.length} acknowledged ones came twice`;
  },
);
