import { isIP } from "node:net";
import { domainToASCII } from "node:url";
import { z } from "zod";
import { hostName } from "./host-name.ts";

const PORT = "give the number of a port, 1 to 65535";
export const Port = z.int(PORT).min(1, PORT).max(65535, PORT);
const MAX_ENTRIES = 1000;
/** What `:443` at the end of an entry says; 0: no such port. */
const portOf = (text: string | undefined): number | null =>
  text === undefined ? null : /^[1-9]\d{0,4}$/.test(text) && +text < 65536 ? +text : 0;
const withPort = (text: string, port: number | null): string => (port === null ? text : `${text}:${port}`);

/** `example.com`, `*.example.com` or `*`. */
export interface NameEntry {
  text: string;
  /** What the name is or, with `below`, ends with; empty for `*`. */
  name: string;
  below: boolean;
  port: number | null;
}

/** Null: it is not one. */
export const parseNameEntry = (entry: string): NameEntry | null => {
  const [, star, given = "", after] = /^(\*(?:\.|(?=:|$)))?([^:*/\s]*)(?::(.*))?$/s.exec(entry) ?? [];
  const port = portOf(after);
  if (port === 0 || (star === "*") !== (given === "")) return null;
  const name = given === "" ? "" : hostName(domainToASCII(given.replace(/\.$/, "")));
  if (name === null) return null;
  return { text: withPort(`${star ?? ""}${name}`, port), name, below: star !== undefined, port };
};

/** `10.1.0.0/16`, `2001:db8::/32`, or with a port behind it: `10.1.0.0/16:443`. */
export interface CidrEntry {
  text: string;
  address: string;
  bits: number;
  family: 4 | 6;
  port: number | null;
}

/** Null: it is not one. */
export const parseCidrEntry = (entry: string): CidrEntry | null => {
  const [, address = "", length, after] = /^([0-9a-fA-F:.]{2,45})\/(\d{1,3})(?::(.*))?$/s.exec(entry) ?? [];
  const family = isIP(address) as 0 | 4 | 6;
  const bits = Number(length);
  const port = portOf(after);
  if (family === 0 || bits > (family === 4 ? 32 : 128) || port === 0) return null;
  // Connections to mapped addresses are judged as IPv4; such an entry would never be asked.
  if (family === 6 && /^::ffff:/i.test(address)) return null;
  return { text: withPort(`${address.toLowerCase()}/${bits}`, port), address, bits, family, port };
};

const entries = <T extends { text: string }>(parse: (text: string) => T | null, form: string) =>
  z
    .array(
      z
        .string()
        .max(300)
        .transform((text, context) => {
          const entry = parse(text);
          if (entry) return entry.text;
          context.addIssue({ code: "custom", message: form });
          return z.NEVER;
        }),
    )
    .max(MAX_ENTRIES);
const Names = entries(
  parseNameEntry,
  "give a name, like example.com, *.example.com or *, with :443 behind it for one port; addresses go into the lists of CIDRs",
);
const Cidrs = entries(
  parseCidrEntry,
  "give an IPv4 or IPv6 address and a prefix length, like 10.1.0.0/16 or 2001:db8::/32, with :443 behind it for one port",
);
const Mode = z.enum(["open", "off", "restricted"]).describe("open: the public internet; off: nothing; restricted: what is allowed here");
const HostPorts = z
  .array(Port)
  .max(64)
  .describe("Ports of the host's loopback that the computer reaches at host.vitrine.internal, in every mode");
const ABOUT = {
  allow:
    "Names that a restricted computer reaches: example.com, *.example.com (all below it, not itself), *; each for all ports, or :443 for one",
  deny: "Names that no computer with this policy reaches, in the same form; deny wins",
  allow_cidrs:
    "Addresses that a restricted computer reaches without a name, like 203.0.113.0/24 or 10.1.0.0/16:443. The only way to private networks, each range named",
  deny_cidrs: "Addresses that no computer with this policy reaches",
} as const;

/** What a computer's programs reach. The floors of the service hold in every mode. */
export const NetworkPolicy = z
  .strictObject({
    mode: Mode.default("open"),
    allow: Names.default([]).describe(ABOUT.allow),
    deny: Names.default([]).describe(ABOUT.deny),
    allow_cidrs: Cidrs.default([]).describe(ABOUT.allow_cidrs),
    deny_cidrs: Cidrs.default([]).describe(ABOUT.deny_cidrs),
    host_ports: HostPorts.default([]),
  })
  .superRefine((policy, context) => {
    for (const list of ["allow", "allow_cidrs"] as const)
      if (policy.mode !== "restricted" && policy[list].length > 0)
        context.addIssue({
          code: "custom",
          path: [list],
          message: `goes with mode 'restricted'; mode is '${policy.mode}'. Set the mode, or leave the list empty`,
        });
  });
export type NetworkPolicy = z.infer<typeof NetworkPolicy>;

/** A change of some fields; what is not given stays as it is. */
export const PatchNetwork = z
  .strictObject({
    mode: Mode.optional(),
    allow: Names.optional().describe(ABOUT.allow),
    deny: Names.optional().describe(ABOUT.deny),
    allow_cidrs: Cidrs.optional().describe(ABOUT.allow_cidrs),
    deny_cidrs: Cidrs.optional().describe(ABOUT.deny_cidrs),
    host_ports: HostPorts.optional(),
  })
  .meta({ id: "PatchNetwork" });
export type PatchNetworkInput = z.input<typeof PatchNetwork>;

export const Network = z
  .object({
    policy: NetworkPolicy,
    traffic: z
      .array(z.object({ name: z.string(), connections: z.int(), sent_bytes: z.int(), received_bytes: z.int() }))
      .describe("By name, or by address where none was said, since the computer was started or the service was; the most used first"),
  })
  .meta({ id: "Network" });
export type Network = z.infer<typeof Network>;

/** What refuses something: a part of the policy, or of what holds in every policy. */
export const Rule = z.enum([
  "off",
  "floor",
  "deny",
  "deny_cidrs",
  "allow",
  "mismatch",
  "nameless",
  "protocol",
  "host_ports",
  "address",
  "rebinding",
  "proxy",
  "limit",
]);
export type Rule = z.infer<typeof Rule>;
export const Refusal = z.object({ rule: Rule, reason: z.string() });
export type Refusal = z.infer<typeof Refusal>;

/** What was refused, as an event of type `egress.refused` tells it. */
export const Refused = Refusal.extend({
  name: z.string().nullable(),
  address: z.string().nullable(),
  port: z.int().nullable(),
  protocol: z.string(),
});
export type Refused = z.infer<typeof Refused>;

/** What another policy would make of what was refused. */
export const NetworkTrial = z
  .object({
    policy: NetworkPolicy.describe("The whole of it, as it would be"),
    refusals: z
      .array(
        Refused.extend({
          at: z.iso.datetime().describe("The last time"),
          count: z.int().describe("How often"),
          still: Refusal.nullable().describe("Why it would be refused; null: it would be allowed"),
          remedy: z
            .object({
              mode: Mode,
              list: z.enum(["allow", "allow_cidrs", "host_ports"]),
              entry: z.string(),
            })
            .nullable()
            .describe(
              "The least that allows it, too: this mode, and one more entry of this list. Null: nothing that widens no more than it",
            ),
        }),
      )
      .describe("What is still known of what was refused, each thing once, the latest first; judged by what was written down of it"),
  })
  .meta({ id: "NetworkTrial" });
export type NetworkTrial = z.infer<typeof NetworkTrial>;

/** What all of a computer's connections go through, after policy. */
export const UpstreamProxy = z.strictObject({
  server: z
    .string()
    .max(300)
    .refine(
      isProxyServer,
      "give http://HOST:PORT or socks5://HOST:PORT, and nothing else in it; username and password are fields of their own",
    ),
  username: z.string().min(1).max(255).optional(),
  password: z.string().max(255).optional().describe("Never answered again"),
});
export type UpstreamProxy = z.infer<typeof UpstreamProxy>;

function isProxyServer(text: string): boolean {
  const url = URL.parse(text);
  // The default port of http leaves `port` empty, so the text is asked as well.
  return url !== null && /^(http|socks5):\/\/[^/?#@\s]+:[1-9]\d{0,4}\/?$/.test(text) && url.hostname !== "";
}
