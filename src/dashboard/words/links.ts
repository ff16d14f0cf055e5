import type { CreateLinkInput, LinkInfo } from "../../contract/links.ts";

/** What can be shared from the page. Ports and terminals have links of their own. */
export const POWERS = {
  view: "watch",
  control: "watch and drive",
  cdp: "connect a program to the browser",
  files: "read files",
  "files-write": "read and write files",
} as const;
export const LINK_LIVES = { "3600": "an hour", "86400": "a day", "604800": "a week", "2592000": "30 days" } as const;

/** What the form's fields ask for, as the API takes it. */
export const linkInputOf = (fields: Pick<FormData, "get">): CreateLinkInput => {
  const power = String(fields.get("power")) as keyof typeof POWERS;
  const common = { one_time: fields.get("one_time") !== null, ttl_s: Number(fields.get("ttl_s")) };
  if (power === "files" || power === "files-write") return { ...common, power: "files", read_only: power === "files" };
  return { ...common, power };
};

/** What a link lets its holder do. */
export const powerWords = ({ power, port, read_only, one_time }: Pick<LinkInfo, "power" | "port" | "read_only" | "one_time">): string => {
  const once = one_time ? ", once" : "";
  if (power === "port") return `open port ${port}${once}`;
  if (power === "terminal") return `use a terminal${once}`;
  return POWERS[power === "files" && !read_only ? "files-write" : power] + once;
};
