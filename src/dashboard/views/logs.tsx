import { useState } from "preact/hooks";
import type { Computer } from "../../contract/computer.ts";
import { LOG_SOURCES, type LogSource } from "../../contract/log-sources.ts";
import { fetchAnswer, urlOf } from "../state/api.ts";
import { Choice } from "./choice.tsx";
import { Code } from "./code.tsx";
import { useLoaded } from "./use-loaded.ts";

/** The end of a log, as it is when it is asked for. */
export const Logs = ({ computer: { id, status } }: { computer: Computer }) => {
  const [source, setSource] = useState<LogSource>("console");
  const [asked, setAsked] = useState(0);
  const { value, problem } = useLoaded(
    async (signal) => (await fetchAnswer(urlOf("/v1/computers/{id}/logs", { id }, { source }), { signal })).text(),
    [id, status, source, asked],
  );
  return (
    <>
      <div class="row">
        <Choice
          label="Log of"
          options={LOG_SOURCES.map((name) => [name, name])}
          value={source}
          onChange={(chosen) => setSource(chosen as LogSource)}
        />
        <button type="button" onClick={() => setAsked(asked + 1)}>
          Look again
        </button>
      </div>
      <p class="problem" role="alert">
        {problem}
      </p>
      {value !== null && problem === "" && <Code class="log" text={value || "It is empty."} />}
    </>
  );
};
