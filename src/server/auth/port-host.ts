/** A published port's own host name, `<port>-<name>.localhost` or under the configured domain. */
export interface PortHost {
  port: number;
  name: string;
}

const PORT_HOST = /^([1-9]\d{0,4})-([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)\.([a-z0-9.-]+?)(?::\d{1,5})?$/;

/** What a Host header names, when it is a published port's; such a host serves nothing of the service's own. */
export const parsePortHost = (header: string | undefined, domain: string | undefined): PortHost | null => {
  const [, port, name, under] = PORT_HOST.exec(header?.toLowerCase() ?? "") ?? [];
  if (port === undefined || name === undefined || Number(port) > 65535) return null;
  return under === "localhost" || (domain !== undefined && under === domain) ? { port: Number(port), name } : null;
};

const isLocal = (host: string): boolean => /^(127(\.\d{1,3}){3}|\[::1\]|localhost|.+\.localhost)$/.test(host);

/** The host of a published port, with the port of the service, for a client that wrote `host` itself: under `localhost` for one on this machine. */
export const portHostFor = (host: string, { port, name }: PortHost, domain: string | undefined): string => {
  const [, own = "", service = ""] = /^(.*?)(:\d{1,5})?$/.exec(host.toLowerCase()) ?? [];
  return `${port}-${name}.${domain === undefined || isLocal(own) ? "localhost" : domain}${service}`;
};
