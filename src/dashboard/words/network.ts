import type { NetworkPolicy, NetworkTrial, PatchNetworkInput, Refused } from "../../contract/network.ts";

export const MODES = { open: "The internet", restricted: "Some names alone", off: "None" } as const satisfies Record<
  NetworkPolicy["mode"],
  string
>;

/** The lists of a policy, in the order in which a form has them. */
export const LISTS = {
  allow: { label: "Allowed names", example: "example.com\n*.example.com:443", restricted: true },
  allow_cidrs: { label: "Allowed ranges of addresses", example: "10.1.0.0/16:5432", restricted: true },
  deny: { label: "Refused names", example: "*.ads.example", restricted: false },
  deny_cidrs: { label: "Refused ranges of addresses", example: "203.0.113.0/24", restricted: false },
  host_ports: { label: "Ports of the host's loopback, at host.vitrine.internal", example: "8080", restricted: false },
} as const satisfies Record<Exclude<keyof NetworkPolicy, "mode">, object>;
export type List = keyof typeof LISTS;
const NAMES = Object.keys(LISTS) as List[];

/** A policy as a person writes it: each list a text, with an entry on each line. */
export type Draft = Record<List, string> & { mode: NetworkPolicy["mode"] };

export const draftOf = ({ mode, ...lists }: NetworkPolicy): Draft => ({
  mode,
  ...(Object.fromEntries(NAMES.map((list) => [list, lists[list].join("\n")])) as Record<List, string>),
});
export const EMPTY: Draft = { mode: "open", allow: "", allow_cidrs: "", deny: "", deny_cidrs: "", host_ports: "" };

/** The lists that a mode has a use for. */
export const listsOf = (mode: Draft["mode"]): List[] =>
  NAMES.filter((list) => (mode === "off" ? list === "host_ports" : mode === "restricted" || !LISTS[list].restricted));

const entriesIn = (text: string): string[] => text.split(/[\s,]+/).filter(Boolean);
/** What is no number goes as it is, so that the service says what is wrong with it. */
const portOf = (text: string): number => (/^\d+$/.test(text) ? Number(text) : (text as never));

/** The whole policy that a draft asks for, as the API takes it; what the mode has no use for goes empty. */
export const policyOf = (draft: Draft): Required<PatchNetworkInput> => {
  const used = listsOf(draft.mode);
  const list = (name: Exclude<List, "host_ports">): string[] => {
    const kept = name === "deny" || name === "deny_cidrs" || used.includes(name);
    return kept ? entriesIn(draft[name]) : [];
  };
  return {
    mode: draft.mode,
    allow: list("allow"),
    allow_cidrs: list("allow_cidrs"),
    deny: list("deny"),
    deny_cidrs: list("deny_cidrs"),
    host_ports: entriesIn(draft.host_ports).map(portOf),
  };
};

/** Whether two drafts ask for the same. */
export const isSame = (a: Draft, b: Draft): boolean => JSON.stringify(policyOf(a)) === JSON.stringify(policyOf(b));

/** A fault as the API's `details.issues` has it. */
export interface Issue {
  at: string;
  message: string;
}
export type Faults = Partial<Record<List, string>>;

/** What is wrong with each list, in words that quote the entry. */
export const faultsIn = (issues: readonly Issue[], draft: Draft): Faults => {
  const faults: Faults = {};
  for (const { at, message } of issues) {
    const [, list, index] = /^(?:body\.)?(?:network\.)?(\w+)(?:\.(\d+))?$/.exec(at) ?? [];
    if (!NAMES.includes(list as List)) continue;
    const entry = index === undefined ? undefined : entriesIn(draft[list as List])[Number(index)];
    const words = entry === undefined ? message : `“${entry}”: ${message}`;
    const before = faults[list as List];
    faults[list as List] = before === undefined ? words : `${before}; ${words}`;
  }
  return faults;
};

type Remedy = NonNullable<NetworkTrial["refusals"][number]["remedy"]>;
/** The draft with what allows something. */
export const withRemedy = (draft: Draft, { mode, list, entry }: Remedy): Draft => ({
  ...draft,
  mode,
  [list]: [...entriesIn(draft[list]), entry].join("\n"),
});

/** Where something wanted to go. */
export const whereTo = ({ name, address, port, protocol }: Pick<Refused, "name" | "address" | "port" | "protocol">): string => {
  const at = name ?? address ?? "somewhere";
  const place = name === null && address?.includes(":") ? `[${at}]` : at;
  const point = name !== null && address !== null && port === null ? ` (${address})` : "";
  return `${place}${port === null ? "" : `:${port}`}${point}${protocol === "tcp" ? "" : `, ${protocol.toUpperCase()}`}`;
};

/** How many of the refusals a policy would allow. */
export const sumOf = (refusals: NetworkTrial["refusals"]): string => {
  const allowed = refusals.filter(({ still }) => still === null).length;
  const of = refusals.length === 1 ? "the one thing that was refused" : `the ${refusals.length} things that were refused`;
  if (allowed === 0) return `Of ${of}, this policy would allow none.`;
  return allowed === refusals.length ? `Of ${of}, this policy would allow all.` : `Of ${of}, this policy would allow ${allowed}.`;
};
