import type { Computer, Status } from "../../contract/computer.ts";

/** What the grid shows of the computers, and in which order. */
export interface Arrangement {
  /** Words, all of which a computer's name, id, template, status or metadata has. */
  search: string;
  status: Status | "all";
  template: string;
  order: Order;
}
export const ORDERS = { newest: "Newest first", oldest: "Oldest first", name: "By name", status: "By status" } as const;
export type Order = keyof typeof ORDERS;

export const EVERYTHING: Arrangement = { search: "", status: "all", template: "all", order: "newest" };

type Comparison = (a: Computer, b: Computer) => number;
const byName: Comparison = (a, b) => a.name.localeCompare(b.name, undefined, { numeric: true });
const byAge: Comparison = (a, b) => a.created_at.localeCompare(b.created_at) || byName(a, b);
const COMPARISONS: Record<Order, Comparison> = {
  newest: (a, b) => byAge(b, a),
  oldest: byAge,
  name: byName,
  status: (a, b) => a.status.localeCompare(b.status) || byName(a, b),
};

const textOf = ({ name, id, template, status, metadata }: Computer): string =>
  [name, id, template, status, ...Object.entries(metadata).flat()].join(" ").toLowerCase();

/** The computers that are wanted, in the order that is wanted. */
export const arrange = (computers: Iterable<Computer>, { search, status, template, order }: Arrangement): Computer[] => {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return [...computers]
    .filter((computer) => status === "all" || computer.status === status)
    .filter((computer) => template === "all" || computer.template === template)
    .filter((computer) => words.every((word) => textOf(computer).includes(word)))
    .sort(COMPARISONS[order]);
};
