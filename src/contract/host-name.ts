/** Letters, digits, `-` and `_`, as names that are in use have them. Source: RFC 1123, section 2.1; RFC 2181, section 11. */
const LABELS = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/;
/** What a resolver or a browser would take for an address: 127.0.0.1, 2130706433, 0x7f.1. */
const NUMBER = /(^|\.)(\d+|0x[0-9a-f]*)$/;

/** A host name as it is compared: ASCII, lower case, without the root's dot. Null for what is none, addresses in any notation among it. */
export const hostName = (text: string): string | null => {
  const name = text.toLowerCase().replace(/\.$/, "");
  return name.length <= 253 && LABELS.test(name) && !NUMBER.test(name) ? name : null;
};
