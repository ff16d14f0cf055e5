import { useState } from "preact/hooks";
import type { CreateComputerInput } from "../../contract/computer.ts";
import { call } from "../state/api.ts";
import { learn } from "../state/fleet.ts";
import { inputOf, LIVES, MODES, VIEWPORTS } from "../words/create.ts";
import { Choice } from "./choice.tsx";
import { Dialog } from "./dialog.tsx";
import { useDoing } from "./use-doing.ts";
import { useLoaded } from "./use-loaded.ts";

/** Creates a computer and answers at once; its card tells how it gets on. Throws CallError. */
export const create = async (body: CreateComputerInput): Promise<void> =>
  learn(await call("post", "/v1/computers", { query: { wait: "0" }, body }));

export const CreateDialog = ({ onClose }: { onClose: () => void }) => {
  const [template, setTemplate] = useState("browser");
  const [mode, setMode] = useState("open");
  const doing = useDoing();
  const { value: templates, problem } = useLoaded(async (signal) => (await call("get", "/v1/templates", { signal })).data, []);
  const chosen = templates?.find(({ id }) => id === template);
  const names = templates?.map(({ id }) => id) ?? ["browser"];

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const body = inputOf(new FormData(event.currentTarget as HTMLFormElement));
    void doing.run(async () => {
      await create(body);
      onClose();
    });
  };

  return (
    <Dialog title="New computer" onClose={onClose}>
      <form class="fields" onSubmit={submit}>
        <Choice name="template" label="Template" options={names.map((id) => [id, id])} value={template} onChange={setTemplate} />
        <p class="quiet">
          {chosen?.description}
          {chosen && !chosen.ready && ". Its image is built first, which takes some minutes"}
        </p>
        <label>
          Name
          <input
            name="name"
            placeholder="made up when left empty"
            pattern="[a-z0-9]([a-z0-9\-]{0,61}[a-z0-9])?"
            title="Up to 63 lower-case letters, digits and inner hyphens"
          />
        </label>
        {template !== "scratch" && <Choice name="viewport" label="Screen" options={Object.entries(VIEWPORTS)} />}
        <Choice name="mode" label="Network" options={Object.entries(MODES)} value={mode} onChange={setMode} />
        {mode === "restricted" && (
          <label>
            Allowed names
            <input name="allow" placeholder="example.com *.example.com" required />
          </label>
        )}
        <Choice name="ttl_s" label="Deleted" options={LIVES} />
        {template !== "scratch" && (
          <label class="check">
            <input type="checkbox" name="record_video" /> Record the screen
          </label>
        )}
        <p class="problem" role="alert">
          {doing.problem || problem}
        </p>
        <div class="row end">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="primary" disabled={doing.busy}>
            {doing.busy ? "Creating" : "Create"}
          </button>
        </div>
      </form>
    </Dialog>
  );
};
