import { useState } from "preact/hooks";
import type { Computer } from "../../contract/computer.ts";
import type { NetworkTrial } from "../../contract/network.ts";
import { call, issuesOf } from "../state/api.ts";
import { learn } from "../state/fleet.ts";
import { type History, lastOf } from "../state/history.ts";
import { sleep } from "../state/sleep.ts";
import { type Draft, draftOf, faultsIn, isSame, policyOf, sumOf, whereTo, withRemedy } from "../words/network.ts";
import { moment } from "../words/time.ts";
import { PolicyFields } from "./policy-fields.tsx";
import { useDoing } from "./use-doing.ts";
import { useLoaded } from "./use-loaded.ts";

/** Milliseconds without a key before what is written is tried. */
const TYPING_MS = 300;

type Tried = NetworkTrial["refusals"][number];

type OnAllow = (remedy: NonNullable<Tried["remedy"]>) => void;

const Row = ({ tried, onAllow }: { tried: Tried; onAllow: OnAllow }) => {
  const { at, count, still, remedy } = tried;
  return (
    <li>
      <div>
        <p>
          <b>{whereTo(tried)}</b>{" "}
          <span class="quiet">
            {moment(at)}
            {count > 1 && `, ${count} times`}
          </span>
        </p>
        <p class={still ? undefined : "good"}>{still ? `refused: ${still.reason}` : "allowed"}</p>
      </div>
      {remedy && (
        <button type="button" onClick={() => onAllow(remedy)}>
          Allow {remedy.list === "host_ports" ? `port ${remedy.entry} of the host` : remedy.entry}
        </button>
      )}
    </li>
  );
};

const Refusals = ({ trial: { refusals }, onAllow }: { trial: NetworkTrial; onAllow: OnAllow }) => {
  if (refusals.length === 0) return <p class="quiet">Nothing has been refused.</p>;
  return (
    <>
      <p role="status">{sumOf(refusals)}</p>
      <ul class="refusals" aria-label="What was refused, the latest first">
        {refusals.map((tried) => (
          <Row key={JSON.stringify([tried.protocol, tried.name, tried.address, tried.port])} tried={tried} onAllow={onAllow} />
        ))}
      </ul>
    </>
  );
};

/** The computer's network policy, to be edited, and what the policy that is being written would make of what was refused. The service judges both. */
export const Network = ({ computer: { id, network }, history }: { computer: Computer; history: History }) => {
  const saved = draftOf(network);
  const [written, setWritten] = useState<Draft | null>(null);
  const draft = written ?? saved;
  const saving = useDoing();
  const policy = policyOf(draft);
  const {
    value: trial,
    error,
    problem,
  } = useLoaded(
    async (signal) => {
      if (written) await sleep(TYPING_MS, signal);
      signal.throwIfAborted();
      return call("post", "/v1/computers/{id}/network/trial", { params: { id }, body: policy, signal });
    },
    [id, JSON.stringify(policy), lastOf(history, "egress.refused")],
  );
  const faults = faultsIn(issuesOf(error), draft);
  const isWrong = Object.keys(faults).length > 0;
  const changed = !isSame(draft, saved);

  const write = (next: Draft) => {
    saving.forget();
    setWritten(next);
  };
  const save = (event: SubmitEvent) => {
    event.preventDefault();
    void saving.run(async () => {
      await call("patch", "/v1/computers/{id}/network", { params: { id }, body: policy });
      learn(await call("get", "/v1/computers/{id}", { params: { id } }));
      setWritten(null);
    });
  };

  return (
    <div class="network">
      <form class="fields" onSubmit={save}>
        <h2>What it may reach</h2>
        <PolicyFields draft={draft} faults={faults} onChange={write} />
        <p class="quiet">
          One entry a line, <code>:443</code> behind it for one port. Refused wins over allowed. A change holds at once, and ends
          connections that it no longer allows.
        </p>
        <p class="problem" role="alert">
          {saving.problem || (isWrong ? "" : problem)}
        </p>
        <div class="row">
          <button type="submit" class="primary" disabled={saving.busy || !changed || isWrong}>
            {saving.busy ? "Saving" : "Save the policy"}
          </button>
          <button type="button" disabled={saving.busy || !changed} onClick={() => write(saved)}>
            Undo the changes
          </button>
          <span class="quiet" role="status">
            {changed ? "Not saved yet." : "This policy holds."}
          </span>
        </div>
      </form>
      <section class="sheet" aria-labelledby="refused">
        <h2 id="refused">What was refused</h2>
        {trial ? <Refusals trial={trial} onAllow={(remedy) => write(withRemedy(draft, remedy))} /> : <p class="quiet">Being looked up</p>}
      </section>
    </div>
  );
};
