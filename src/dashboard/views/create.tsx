import { useEffect, useState } from "preact/hooks";
import type { CreateComputerInput } from "../../contract/computer.ts";
import { type Answer, call, wordsOf } from "../state/api.ts";
import { learn } from "../state/fleet.ts";
import { inputOf, LIVES, MODES, VIEWPORTS } from "../words/create.ts";
import { Dialog } from "./dialog.tsx";

/** Creates a computer and answers at once; its card tells how it gets on. Throws CallError. */
export const create = async (body: CreateComputerInput): Promise<void> =>
  learn(await call("post", "/v1/computers", { query: { wait: "0" }, body }));

type Template = Answer<"get", "/v1/templates">["data"][number];
const useTemplates = (onProblem: (words: string) => void): Template[] => {
  const [templates, setTemplates] = useState<Template[]>([]);
  useEffect(() => {
    call("get", "/v1/templates").then(
      ({ data }) => setTemplates(data),
      (error) => onProblem(wordsOf(error)),
    );
  }, []);
  return templates;
};

const Choice = ({
  name,
  label,
  options,
}: {
  name: string;
  label: string;
  options: readonly (readonly [value: string, words: string])[];
}) => (
  <label>
    {label}
    <select name={name}>
      {options.map(([value, words]) => (
        <option key={value} value={value}>
          {words}
        </option>
      ))}
    </select>
  </label>
);

export const CreateDialog = ({ onClose }: { onClose: () => void }) => {
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const [template, setTemplate] = useState("browser");
  const [mode, setMode] = useState("open");
  const templates = useTemplates(setProblem);
  const chosen = templates.find(({ id }) => id === template);

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem("");
    try {
      await create(inputOf(new FormData(event.currentTarget as HTMLFormElement)));
      onClose();
    } catch (error) {
      setProblem(wordsOf(error));
      setBusy(false);
    }
  };

  return (
    <Dialog title="New computer" onClose={onClose}>
      <form class="fields" onSubmit={submit}>
        <label>
          Template
          <select name="template" value={template} onChange={({ currentTarget }) => setTemplate(currentTarget.value)}>
            {(templates.length > 0 ? templates.map(({ id }) => id) : ["browser"]).map((id) => (
              <option key={id} value={id}>
                {id}
              </option>
            ))}
          </select>
        </label>
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
        <label>
          Network
          <select name="mode" value={mode} onChange={({ currentTarget }) => setMode(currentTarget.value)}>
            {Object.entries(MODES).map(([value, words]) => (
              <option key={value} value={value}>
                {words}
              </option>
            ))}
          </select>
        </label>
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
          {problem}
        </p>
        <div class="row end">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="primary" disabled={busy}>
            {busy ? "Creating" : "Create"}
          </button>
        </div>
      </form>
    </Dialog>
  );
};
