import type { Computer } from "../../contract/computer.ts";
import { type Arrangement, EVERYTHING, ORDERS } from "../words/arrange.ts";

interface Props {
  all: ReadonlyMap<string, Computer>;
  arrangement: Arrangement;
  onChange: (arrangement: Arrangement) => void;
}

/** The values that there are, and the chosen one, which may just have gone. */
const valuesOf = (computers: Iterable<Computer>, field: "status" | "template", chosen: string): string[] =>
  [...new Set([...computers].map((computer): string => computer[field]).concat(chosen === "all" ? [] : chosen))].sort();

export const Filters = ({ all, arrangement, onChange }: Props) => {
  const change = (part: keyof Arrangement) => (event: Event) =>
    onChange({ ...arrangement, [part]: (event.currentTarget as HTMLInputElement | HTMLSelectElement).value });
  const choice = (label: string, part: "status" | "template") => (
    <label>
      {label}{" "}
      <select value={arrangement[part]} onChange={change(part)}>
        <option value="all">all</option>
        {valuesOf(all.values(), part, arrangement[part]).map((value) => (
          <option key={value} value={value}>
            {value}
          </option>
        ))}
      </select>
    </label>
  );
  return (
    <search class="row filters">
      <label class="grow">
        Search <input type="search" value={arrangement.search} placeholder="name, id, metadata" onInput={change("search")} />
      </label>
      {choice("Status", "status")}
      {choice("Template", "template")}
      <label>
        Order{" "}
        <select value={arrangement.order} onChange={change("order")}>
          {Object.entries(ORDERS).map(([value, words]) => (
            <option key={value} value={value}>
              {words}
            </option>
          ))}
        </select>
      </label>
      {arrangement !== EVERYTHING && (
        <button type="button" onClick={() => onChange(EVERYTHING)}>
          Show all
        </button>
      )}
    </search>
  );
};
