import type { IncomingMessage } from "node:http";
import type { Link } from "../../contract/links.ts";
import { portHostFor } from "../auth/port-host.ts";
import type { ComputerRecord } from "../computers/record.ts";
import type { LinkRecord } from "../store/links.ts";
import type { Context } from "./context.ts";

/** Whether the client came by https, here or at a proxy before us. */
export const isSecure = (request: IncomingMessage): boolean =>
  "encrypted" in request.socket || request.headers["x-forwarded-proto"] === "https";

/** `http://HOST` as the client wrote it; Host was checked by the guard. */
export const httpBase = (request: IncomingMessage): string => `${isSecure(request) ? "https" : "http"}://${request.headers.host}`;

export const wsBase = (request: IncomingMessage): string => httpBase(request).replace(/^http/, "ws");

export const cdpPath = (id: string): string => `/v1/computers/${id}/cdp`;
export const displayPath = (id: string): string => `/v1/computers/${id}/display`;
export const recordingPath = (computerId: string, id: string): string => `/v1/computers/${computerId}/recordings/${id}`;
export const recordingPagePath = (id: string): string => `/recordings/${id}`;
export const terminalPath = (id: string, terminal: string): string => `/v1/computers/${id}/terminals/${terminal}`;
export const livePath = (id: string): string => `/live/${id}`;
export const filesPath = (id: string): string => `/v1/computers/${id}/files`;

/** `http://<port>-<name>.localhost:<port>`, or under the configured domain, for who wrote this request. */
export const portBase = ({ portDomain }: Context, request: IncomingMessage, { name }: ComputerRecord, port: number): string =>
  `${isSecure(request) ? "https" : "http"}://${portHostFor(String(request.headers.host), { port, name }, portDomain)}`;

/** The URLs that a link's token opens. */
export const linkUrls = (
  context: Context,
  request: IncomingMessage,
  record: ComputerRecord,
  { power, port, terminal }: LinkRecord,
  token: string,
): Pick<Link, "url" | "ws_url"> => {
  const query = `?token=${token}`;
  if (port !== null) {
    const base = portBase(context, request, record, port);
    return { url: `${base}/${query}`, ws_url: `${base.replace(/^http/, "ws")}/${query}` };
  }
  const { id } = record;
  if (power === "files") return { url: `${httpBase(request)}${filesPath(id)}${query}`, ws_url: null };
  if (terminal !== null) {
    const path = `${terminalPath(id, terminal)}${query}`;
    return { url: httpBase(request) + path, ws_url: wsBase(request) + path };
  }
  const [page, socket] = power === "cdp" ? [cdpPath(id), cdpPath(id)] : [livePath(id), displayPath(id)];
  return { url: `${httpBase(request)}${page}${query}`, ws_url: `${wsBase(request)}${socket}${query}` };
};
