import { join } from "node:path";
import express, { type Router } from "express";
import type { Context } from "./context.ts";
import { headersOf } from "./page-headers.ts";

/** Nothing but its own files, calls to this service, pictures and videos from it, and the live view in a frame; no script is made of a string. */
const policy = ({ styles, framedBy }: { styles: string; framedBy: string }): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    `style-src ${styles}`,
    "img-src 'self' blob:",
    "media-src 'self'",
    "connect-src 'self'",
    "frame-src 'self'",
    `frame-ancestors ${framedBy}`,
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; ");
const PAGE = policy({ styles: "'self'", framedBy: "'none'" });
/** xterm makes style sheets as it goes. */
const TERMINAL = policy({ styles: "'self' 'unsafe-inline'", framedBy: "'self'" });

/** The dashboard: one page for all its paths but a terminal, and its files, whose names change with what is in them. */
export const dashboardRoutes = (router: Router, { dashboard }: Context): void => {
  if (dashboard === null) return void router.get("/", (_request, response) => response.redirect("/docs"));
  const page = (paths: string[], file: string, headers: string) =>
    router.get(paths, headersOf(headers), (_request, response) => {
      response.setHeader("Cache-Control", "no-cache");
      // With a root, because the cache directory's own path may have a folder that begins with a dot.
      response.sendFile(file, { root: dashboard, cacheControl: false });
    });
  router.use(
    "/assets/dashboard",
    headersOf(PAGE),
    express.static(join(dashboard, "assets/dashboard"), { index: false, redirect: false, immutable: true, maxAge: "365d" }),
  );
  page(["/", "/computers/:id"], "index.html", PAGE);
  page(["/computers/:id/terminal"], "terminal.html", TERMINAL);
};
