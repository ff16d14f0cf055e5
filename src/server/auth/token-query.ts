import { looksLikeToken } from "./tokens.ts";

/**
 * A request's URL without the link's token in its query, otherwise byte for byte as it was, and that token. A `token` that cannot be a link's is
 * somebody else's and stays.
 */
export const takeToken = (url: string): { token: string | null; url: string } => {
  const at = url.indexOf("?");
  if (at < 0) return { token: null, url };
  const pairs = url.slice(at + 1).split("&");
  const rest = pairs.filter((pair) => !(pair.startsWith("token=") && looksLikeToken(pair.slice("token=".length))));
  const taken = pairs.find((pair) => !rest.includes(pair));
  if (taken === undefined) return { token: null, url };
  return { token: taken.slice("token=".length), url: rest.length > 0 ? `${url.slice(0, at)}?${rest.join("&")}` : url.slice(0, at) };
};
