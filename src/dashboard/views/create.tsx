import { useState } from "preact/hooks";
import type { CreateComputerInput } from "../../contract/computer.ts";
import { call, issuesOf } from "../state/api.ts";
import { learn } from "../state/fleet.ts";
import { IDLE, inputOf, LIVES, VIEWPORTS } from "../words/create.ts";
import { EMPTY, faultsIn } from "../words/network.ts";
import { Choice } from "./choice.tsx";
import { Dialog } from "./dialog.tsx";
import { PolicyFields } from "./policy-fields.tsx";
import { useDoing } from "./use-doing.ts";
import { useLoaded } from "./use-loaded.ts";

/** Creates a computer and answers at once; its card tells how it gets on. Throws CallError. */
export const create = async (body: CreateComputerInput): Promise<void> =>
  learn(await call("post", "/v1/computers", { query: { wait: "0" }, body }));

interface AmountProps {
  name: string;
  label: string;
  min: number;
  max: number;
  /** What the form begins with. */
  value: number | undefined;
}
const Amount = ({ label, value, ...field }: AmountProps) => (
  <label>
    {label}
    <input type="number" required defaultValue={value} key={value} {...field} />
  </label>
);

const Screen = () => {
  const [size, setSize] = useState<string>("1280x800");
  return (
    <>
      <Choice name="viewport" label="Screen" options={Object.entries(VIEWPORTS)} value={size} onChange={setSize} />
      {size === "other" && (
        <div class="pair">
          <Amount name="width" label="Width" min={320} max={7680} value={1600} />
          <Amount name="height" label="Height" min={240} max={4320} value={900} />
        </div>
      )}
      <label class="check">
        <input type="checkbox" name="record_video" /> Record the screen
      </label>
    </>
  );
};

export const CreateDialog = ({ onClose }: { onClose: () => void }) => {
  const [template, setTemplate] = useState("browser");
  const [policy, setPolicy] = useState(EMPTY);
  const doing = useDoing();
  const { value: templates, problem } = useLoaded(async (signal) => (await call("get", "/v1/templates", { signal })).data, []);
  const chosen = templates?.find(({ id }) => id === template);
  const names = templates?.map(({ id }) => id) ?? ["browser"];
  const faults = faultsIn(issuesOf(doing.error), policy);

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const body = inputOf(new FormData(event.currentTarget as HTMLFormElement), policy);
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
          {chosen && !chosen.ready && ". Its image is built first, which takes some minutes; its card tells how that gets on"}
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
        <div class="pair">
          <Amount name="vcpus" label="Processors" min={1} max={16} value={chosen?.default_vcpus} />
          <Amount name="ram_mb" label="Memory, MiB" min={512} max={32768} value={chosen?.default_ram_mb} />
        </div>
        {template !== "scratch" && <Screen />}
        <PolicyFields draft={policy} faults={faults} onChange={setPolicy} folded />
        <div class="pair">
          <Choice name="idle_timeout_s" label="Stopped when idle" options={IDLE} />
          <Choice name="ttl_s" label="Deleted" options={LIVES} />
        </div>
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
