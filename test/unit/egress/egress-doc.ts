import { FLOORS } from "../../../src/server/egress/floors.ts";
import { CASES, POLICIES, type PolicyName } from "./policy-cases.ts";

const table = (head: string[], rows: string[][]): string => {
  const widths = head.map((cell, i) => Math.max(cell.length, ...rows.map((row) => row[i]!.length)));
  const line = (cells: string[]) => `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
};

/** docs/egress.md, from the cases that the tests run and the list of floors that the service uses. */
export const renderEgressDoc = (): string => {
  const names = Object.keys(POLICIES) as PolicyName[];
  const policies = names.map((name) => `- **${name}**: \`${JSON.stringify(POLICIES[name])}\``).join("\n");
  const rows = CASES.map(({ what, outcomes }) => [what, ...names.map((name) => outcomes[name])]);
  return `# Egress: what is refused, and by which rule

Written by \`test/unit/egress/policy.test.ts\` from the cases that it tests (\`vitest -u\` writes it anew). \`yes\`: it gets through; anything else is the \`rule\` of the event \`egress.refused\`.

${policies}

${table(["what a program in the computer does", ...names], rows)}

## Floors

Refused in every mode. Only a range of \`allow_cidrs\` that lies wholly within one of the private ranges opens that, and that alone. The addresses of the host's own interfaces are refused, too.

${table(
  ["floor", "what it is", "ranges"],
  FLOORS.map(({ name, about, ranges }) => [name, about, ranges.join(", ")]),
)}
`;
};
