import type { Computer } from "../../contract/computer.ts";
import { type Arrangement, EVERYTHING, ORDERS } from "../words/arrange.ts";
import { Choice } from "./choice.tsx";

interface Props {
  all: ReadonlyMap<string, Computer>;
  arrangement: Arrangement;
  onChange: (arrangement: Arrangement) => void;
}

/** The values that there are, and the chosen one, which may just have gone. */
const valuesOf = (computers: Iterable<Computer>, field: "status" | "template", chosen: string): string[] =>
  [...new Set([...computers].map((computer): string => computer[field]).concat(chosen === "all" ? [] : chosen))].sort();

export const Filters = ({ all, arrangement, onChange }: Props) => {
  const change = (part: keyof Arrangement) => (value: string) => onChange({ ...arrangement, [part]: value });
  const choice = (label: string, part: "status" | "template") => (
    <Choice
      label={label}
      options={["all", ...valuesOf(all.values(), part, arrangement[part])].map((value) => [value, value])}
      value={arrangement[part]}
      onChange={change(part)}
    />
  );
  return (
    <search class="row filters">
      <label class="grow">
        Search{" "}
        <input
          type="search"
          value={arrangement.search}
          placeholder="name, id, metadata"
          onInput={({ currentTarget }) => change("search")(currentTarget.value)}
        />
      </label>
      {choice("Status", "status")}
      {choice("Template", "template")}
      <Choice label="Order" options={Object.entries(ORDERS)} value={arrangement.order} onChange={change("order")} />
      {arrangement !== EVERYTHING && (
        <button type="button" onClick={() => onChange(EVERYTHING)}>
          Show all
        </button>
      )}
    </search>
  );
};
