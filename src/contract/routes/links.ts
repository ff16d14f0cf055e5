import { z } from "zod";
import { Computer } from "../computer.ts";
import { CreateLink, Link, LinkInfo } from "../links.ts";
import type { Route } from "../route.ts";
import { list, onGuest } from "./shared.ts";

const cdp = ["link_invalid", "computer_not_found", "wrong_state", "no_browser", "browser_unavailable"] as const;
const TokenQuery = z.strictObject({ token: z.string().min(1).max(512) });

/** Links, and what a link to the browser opens. */
export const links = {
  createLink: {
    method: "post",
    path: "/v1/computers/{id}/links",
    summary: "A URL that grants one power over one computer",
    body: CreateLink,
    status: 201,
    answer: Link,
    errors: [...onGuest, "no_display", "no_browser", "port_not_published", "terminal_not_found"],
  },
  listLinks: {
    method: "get",
    path: "/v1/computers/{id}/links",
    summary: "The links that are good, without their tokens, the newest first",
    status: 200,
    answer: list(LinkInfo),
    errors: ["computer_not_found"],
  },
  renewLinks: {
    method: "post",
    path: "/v1/computers/{id}/links/renew",
    summary: "New links in the computer's own record; the old ones are revoked and what they opened is ended",
    status: 200,
    answer: Computer,
    errors: ["computer_not_found"],
  },
  deleteLink: {
    method: "delete",
    path: "/v1/computers/{id}/links/{link_id}",
    summary: "Revoke a link and end what it opened; repeating it is a success",
    status: 204,
    errors: ["computer_not_found"],
  },
  cdpVersion: {
    method: "get",
    path: "/v1/computers/{id}/cdp/json/version",
    summary: "DevTools discovery: the browser. A WebSocket upgrade on .../cdp itself is the browser endpoint",
    query: TokenQuery,
    status: 200,
    answer: z.record(z.string(), z.unknown()),
    errors: cdp,
    auth: "link",
  },
  cdpList: {
    method: "get",
    path: "/v1/computers/{id}/cdp/json/list",
    summary: "DevTools discovery: the targets (also at .../cdp/json)",
    query: TokenQuery,
    status: 200,
    answer: z.array(z.record(z.string(), z.unknown())),
    errors: cdp,
    auth: "link",
  },
  cdpNew: {
    method: "put",
    path: "/v1/computers/{id}/cdp/json/new",
    summary: "DevTools: a new tab; the URL follows as ?<url>",
    status: 200,
    answer: z.record(z.string(), z.unknown()),
    errors: cdp,
    auth: "link",
  },
  cdpActivate: {
    method: "get",
    path: "/v1/computers/{id}/cdp/json/activate/{target}",
    summary: "DevTools: bring a tab to the front",
    query: TokenQuery,
    status: 200,
    answer: { media: "text/plain", description: "Chromium's words" },
    errors: [...cdp, "target_not_found"],
    auth: "link",
  },
  cdpClose: {
    method: "get",
    path: "/v1/computers/{id}/cdp/json/close/{target}",
    summary: "DevTools: close a tab",
    query: TokenQuery,
    status: 200,
    answer: { media: "text/plain", description: "Chromium's words" },
    errors: [...cdp, "target_not_found"],
    auth: "link",
  },
} as const satisfies Record<string, Route>;
