import { useComputed } from "@preact/signals";
import type { Computer } from "../../contract/computer.ts";
import { loads } from "../state/loads.ts";
import { now } from "../state/now.ts";
import { onLink } from "../state/router.ts";
import { connected } from "../words/connected.ts";
import { loadWords } from "../words/load.ts";
import { computerPath } from "../words/paths.ts";
import { age, moment } from "../words/time.ts";
import { GettingOn } from "./getting-on.tsx";
import { Status } from "./status.tsx";
import { Thumbnail } from "./thumbnail.tsx";
import { Verbs } from "./verbs.tsx";

const Age = ({ at }: { at: string }) => (
  <time dateTime={at} title={moment(at)}>
    {age(at, now.value)}
  </time>
);

/** By itself, so that a look at the loads draws nothing else anew. */
const Busy = ({ id }: { id: string }) => {
  const load = useComputed(() => loads.value.get(id));
  return load.value ? <p class="quiet">{loadWords(load.value)}</p> : null;
};

export const Card = ({ computer }: { computer: Computer }) => {
  const { id, name, template, vcpus, ram_mb, created_at, connections, last_error } = computer;
  return (
    <li class="card" data-computer={name}>
      <Thumbnail computer={computer} />
      <div class="facts">
        <h2>
          <a href={computerPath(id)} onClick={onLink}>
            {name}
          </a>
        </h2>
        <Status computer={computer} />
        <GettingOn computer={computer} />
        <p class="quiet">
          {template} · {vcpus} vCPU · {ram_mb} MiB · <Age at={created_at} />
        </p>
        <Busy id={id} />
        <p class="quiet">{connected(connections) || "nobody is connected"}</p>
        {last_error && <p class="problem">{last_error.message}</p>}
        <Verbs computer={computer} />
      </div>
    </li>
  );
};
