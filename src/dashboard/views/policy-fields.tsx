import { useId, useState } from "preact/hooks";
import { type Draft, type Faults, LISTS, type List, listsOf, MODES } from "../words/network.ts";
import { Choice } from "./choice.tsx";

interface Props {
  draft: Draft;
  faults: Faults;
  onChange: (draft: Draft) => void;
  /** Shows at first only what the mode cannot do without. */
  folded?: boolean;
}

const Entries = ({
  list,
  text,
  fault,
  onText,
}: {
  list: List;
  text: string;
  fault: string | undefined;
  onText: (text: string) => void;
}) => {
  const id = useId();
  const { label, example } = LISTS[list];
  return (
    <label>
      {label}
      <textarea
        value={text}
        placeholder={example}
        rows={Math.min(10, Math.max(2, text.split("\n").length))}
        spellcheck={false}
        autocapitalize="off"
        aria-invalid={fault !== undefined}
        aria-describedby={fault === undefined ? undefined : id}
        onInput={({ currentTarget }) => onText(currentTarget.value)}
      />
      <span id={id} class="problem">
        {fault}
      </span>
    </label>
  );
};

/** A network policy as it is written: the mode and, with an entry a line, the lists that it has a use for. */
export const PolicyFields = ({ draft, faults, onChange, folded = false }: Props) => {
  const lists = listsOf(draft.mode);
  const first = lists.filter((list) => !folded || list === "allow");
  const rest = lists.filter((list) => !first.includes(list));
  const [written] = useState(() => rest.some((list) => draft[list] !== ""));
  const entries = (list: List) => (
    <Entries key={list} list={list} text={draft[list]} fault={faults[list]} onText={(text) => onChange({ ...draft, [list]: text })} />
  );
  return (
    <>
      <Choice
        label="Network"
        options={Object.entries(MODES)}
        value={draft.mode}
        onChange={(mode) => onChange({ ...draft, mode: mode as Draft["mode"] })}
      />
      {first.map(entries)}
      {rest.length > 0 && (
        <details open={written || rest.some((list) => faults[list] !== undefined)}>
          <summary>More rules of the network</summary>
          <div class="fields">{rest.map(entries)}</div>
        </details>
      )}
    </>
  );
};
