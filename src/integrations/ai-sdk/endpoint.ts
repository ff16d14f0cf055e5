import type { Computer } from "../../client/index.ts";

type PublishedPort = Awaited<ReturnType<Computer["ports"]["publish"]>>;

/**
 * How a program reaches a published port. The token is in a header, so that the URL may be changed. Names below .localhost are this machine's without being
 * asked for, which not every resolver knows. Source: RFC 6761, section 6.3.
 */
export const portEndpoint = (
  { url, link_url }: PublishedPort,
  protocol: "http" | "https" | "ws" = "http",
): { url: string; headers: Record<string, string> } => {
  const at = new URL(url);
  const headers: Record<string, string> = {};
  const token = link_url && new URL(link_url).searchParams.get("token");
  if (token) headers["X-Vitrine-Token"] = token;
  if (at.hostname.endsWith(".localhost")) {
    headers.Host = at.host;
    at.hostname = "127.0.0.1";
  }
  if (protocol === "ws") at.protocol = at.protocol.replace("http", "ws");
  return { url: at.href, headers };
};
