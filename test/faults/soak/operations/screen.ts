import { buffer } from "node:stream/consumers";
import type { ActionInput } from "../../../../src/client/index.ts";
import type { Client, Operation } from "../client.ts";
import type { Known } from "../fleet.ts";
import type { Terms } from "../judge.ts";

const CALL_MS = 120_000;
/** Recordings of one computer at once. */
const MOST = 2;
const SCREEN: Terms = { needs: ["running"], takes: "browser" };
/** A video can be watched, and deleted, when its computer is gone. */
const OUTLIVES: Terms = { outlives: true };
const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47]);

/** Now and then one that does not run. */
const withScreen = (client: Client): Known | undefined => {
  const any = client.random.chance(0.2);
  return client.some(({ computer, status }) => computer.browser !== null && (any || status === "running"));
};

const screenshot: Operation = {
  name: "screenshot",
  weight: 6,
  run: async (client) => {
    const known = withScreen(client);
    if (!known) return;
    const outcome = await client.call(known, SCREEN, () => known.computer.screenshot({ timeoutMs: CALL_MS }));
    if (outcome.is === "done" && !outcome.value.subarray(0, 4).equals(PNG)) client.violated("the screenshot is no PNG", known);
  },
};

const noScreen: Operation = {
  name: "screenshot without a screen",
  weight: 1,
  run: async (client) => {
    const known = client.some(({ computer }) => computer.browser === null);
    if (!known) return;
    const outcome = await client.call(known, { may: ["no_display", "wrong_state"] }, () => known.computer.screenshot());
    if (outcome.is === "done") client.violated("it has a screen", known);
  },
};

const act: Operation = {
  name: "actions",
  weight: 6,
  run: async (client) => {
    const known = withScreen(client);
    if (!known) return;
    const [x, y] = [client.random.below(1280), client.random.below(800)];
    const batches: ActionInput[][] = [
      [{ type: "move", x, y }, { type: "cursor_position" }],
      [
        { type: "click", x, y: Math.max(y, 200) },
        { type: "key", keys: ["Escape"] },
      ],
      [{ type: "scroll", x, y, dy: 200 }],
      [{ type: "navigate", url: `data:text/html,<title>${x}</title>${"<p>soak".repeat(20)}` }],
    ];
    const actions = client.random.pick(batches) as ActionInput[];
    const before = client.fleet.before(known);
    const outcome = await client.call(known, SCREEN, () => known.computer.act(actions, { timeoutMs: CALL_MS }));
    if (outcome.is !== "done") return;
    const { results } = outcome.value;
    if (results.length !== actions.length) client.violated(`${actions.length} actions have ${results.length} results`, known);
    const hurt = !client.fleet.calmSince(known, before) || Date.now() - Math.max(known.browserHurt, known.agentHurt) < CALL_MS;
    const failed = results.find(({ ok }) => !ok);
    if (failed && !hurt) client.violated(`${failed.type} failed: ${JSON.stringify(failed)}`, known);
  },
};

const record: Operation = {
  name: "start a recording",
  weight: 9,
  run: async (client) => {
    const known = withScreen(client);
    if (!known || known.recordings.size >= MOST) return;
    const outcome = await client.call(known, { ...SCREEN, may: ["recording_failed"] }, () =>
      known.computer.recorder.start({ timeoutMs: CALL_MS }),
    );
    if (outcome.is === "done") known.recordings.add(outcome.value.id);
  },
};

/** A video that was made is one. */
export const watch = async (client: Client, known: Known, id: string): Promise<void> => {
  const outcome = await client.call(known, OUTLIVES, async () =>
    buffer(await client.vitrine.recordings(known.id).video(id, { timeoutMs: CALL_MS })),
  );
  if (outcome.is === "done" && outcome.value.subarray(4, 8).toString("latin1") !== "ftyp")
    client.violated(`recording ${id} is no mp4`, known);
};

/** Stops a recording, which then has its video, and deletes it. One that fails to is tried again later. */
export const wrapUp = async (client: Client, known: Known, id: string): Promise<void> => {
  known.recordings.delete(id);
  const recordings = client.vitrine.recordings(known.id);
  const stopped = await client.call(known, OUTLIVES, () => recordings.stop(id, { timeoutMs: CALL_MS }));
  if (stopped.is === "done") {
    const { status, error, duration_s } = stopped.value;
    if (status === "ready") await watch(client, known, id);
    else client.violated(`recording ${id} is ${status} after ${duration_s} s: ${error?.message}`, known);
    const deleted = await client.call(known, OUTLIVES, () => recordings.delete(id));
    if (deleted.is === "done") return;
  }
  known.recordings.add(id);
};

const endRecording: Operation = {
  name: "stop a recording",
  weight: 3,
  run: async (client) => {
    // Those of computers that are gone are there still.
    const known = client.random.pick([...client.fleet.known.values()].filter(({ recordings }) => recordings.size > 0));
    const id = known && client.random.pick([...known.recordings]);
    if (known && id) await wrapUp(client, known, id);
  },
};

export const screenOperations: readonly Operation[] = [screenshot, noScreen, act, record, endRecording];
