import type { Client, Operation } from "../client.ts";
import { RUNNING } from "./files.ts";

/** Milliseconds beyond the command's own time. */
const CALL_MS = 90_000;

const exec: Operation = {
  name: "exec",
  weight: 14,
  run: async (client) => {
    // Now and then one that may have to refuse.
    const known = client.random.chance(0.2) ? client.some() : client.some(({ status }) => status === "running");
    if (!known) return;
    const word = String(client.random.below(10 ** 9));
    const outcome = await client.call(known, RUNNING, () => known.computer.exec(["echo", word], { timeoutMs: CALL_MS }));
    if (outcome.is !== "done") return;
    const { exit_code, stdout, timed_out } = outcome.value;
    if (exit_code !== 0 || timed_out || stdout !== `${word}\n`) client.violated(`it answered ${JSON.stringify(outcome.value)}`, known);
  },
};

const overstay: Operation = {
  name: "exec past its time",
  weight: 2,
  run: async (client) => {
    const known = client.some(({ status }) => status === "running");
    if (!known) return;
    const outcome = await client.call(known, RUNNING, () => known.computer.exec(["sleep", "600"], { timeout_s: 1, timeoutMs: CALL_MS }));
    if (outcome.is === "done" && !outcome.value.timed_out) client.violated("600 s were over in one", known);
  },
};

/** Ids grow, and none is another computer's. */
const events: Operation = {
  name: "list events",
  weight: 3,
  run: async (client) => {
    const known = client.some();
    if (!known) return;
    const outcome = await client.call(known, {}, () => known.computer.listEvents({ limit: 50 }));
    if (outcome.is !== "done") return;
    outcome.value.data.forEach(({ id, computer_id }, i, all) => {
      if (computer_id !== known.id) client.violated(`an event of ${computer_id} is among its own`, known);
      if (i > 0 && id <= all[i - 1]!.id) client.violated(`event ${id} comes after ${all[i - 1]!.id}`, known);
    });
  },
};

/** A link opens until it is revoked, and never again. */
const links: Operation = {
  name: "links",
  weight: 4,
  run: async (client) => {
    const known = client.some();
    if (!known) return;
    const { computer } = known;
    const made = await client.call(known, {}, () => computer.links.create("files", { ttl_s: 3600 }));
    if (made.is !== "done") return;
    known.links.set(made.value.link_id, true);
    await checkLinks(client, known);
    if (client.random.chance(0.3)) return;
    const { link_id, token } = made.value;
    known.links.set(link_id, null);
    const revoked = await client.call(known, {}, () => computer.links.revoke(link_id));
    if (revoked.is !== "done") return;
    known.links.set(link_id, false);
    const before = client.fleet.before(known);
    const url = new URL(`v1/computers/${known.id}/files/stat`, client.vitrine.url);
    url.search = new URLSearchParams({ path: "/home", token }).toString();
    const status = await fetch(url, { signal: AbortSignal.timeout(CALL_MS) }).then(
      (answer) => answer.body?.cancel().then(() => answer.status) ?? answer.status,
      () => null,
    );
    if (status !== 401 && !(status === null && !client.fleet.servedSince(before)))
      client.violated(`the link that was revoked is answered with ${status}`, known);
  },
};

/** What was answered for is in the list, what was taken back is not. */
const checkLinks = async (client: Client, known: Parameters<Client["call"]>[0] & object): Promise<void> => {
  const promised = [...known.links];
  const outcome = await client.call(known, {}, () => known.computer.links.list());
  if (outcome.is !== "done" || known.fate !== "here") return;
  const listed = new Set(outcome.value.map(({ link_id }) => link_id));
  for (const [id, good] of promised) {
    if (good !== null && known.links.get(id) === good && listed.has(id) !== good)
      client.violated(`link ${id} is ${good ? "gone" : "there although it was revoked"}`, known);
  }
};

const ports: Operation = {
  name: "published ports",
  weight: 4,
  run: async (client) => {
    const known = client.some();
    if (!known) return;
    const port = 3000 + client.index;
    const wanted = client.random.chance(0.6);
    known.ports.set(port, null);
    const changed = await client.call<unknown>(known, {}, () =>
      wanted ? known.computer.ports.publish(port) : known.computer.ports.unpublish(port),
    );
    if (changed.is !== "done") return;
    known.ports.set(port, wanted);
    const outcome = await client.call(known, {}, () => known.computer.ports.list());
    if (outcome.is !== "done" || known.fate !== "here") return;
    if (outcome.value.some((one) => one.port === port) !== wanted)
      client.violated(`port ${port} is ${wanted ? "not " : ""}in the list`, known);
  },
};

export const guestOperations: readonly Operation[] = [exec, overstay, events, links, ports];
