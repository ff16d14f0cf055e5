import { snippetsFor } from "../words/snippets.ts";
import { Code } from "./code.tsx";
import { Copy } from "./copy.tsx";
import { create } from "./create.tsx";
import { useDoing } from "./use-doing.ts";

/** What an empty service shows: how to make the first computer, here or from a program. */
export const FirstRun = ({ onOptions }: { onOptions: () => void }) => {
  const { busy, problem, run } = useDoing();
  return (
    <>
      <section class="panel first">
        <h1 tabIndex={-1}>No computer yet</h1>
        <p>A computer is a microVM with a desktop and Chromium, which you and your programs can watch and drive.</p>
        <div class="row">
          <button type="button" class="primary" disabled={busy} onClick={() => void run(() => create({}))}>
            {busy ? "Creating" : "Create a browser"}
          </button>
          <button type="button" onClick={onOptions}>
            With options
          </button>
        </div>
        <p class="problem" role="alert">
          {problem}
        </p>
      </section>
      <h2>Or from a program</h2>
      <p class="quiet">
        Each reads the API key from <code>VITRINE_API_KEY</code>.
      </p>
      <div class="snippets">
        {snippetsFor(location.origin).map(({ name, about, text }) => (
          <section key={name} class="panel snippet" aria-label={name}>
            <div class="row">
              <h3>{name}</h3>
              <span class="gap" />
              <Copy text={text} label={`Copy the ${name} program`} />
            </div>
            <p class="quiet">{about}</p>
            <Code class="program" text={text} />
          </section>
        ))}
      </div>
    </>
  );
};
