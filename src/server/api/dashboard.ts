import { join } from "node:path";
import express, { type Router } from "express";
import type { Context } from "./context.ts";
import { headersOf } from "./page-headers.ts";

/** Nothing but its own files, calls to this service, pictures and videos from it, and the live view in a frame; no script is made of a string. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob:",
  "media-src 'self'",
  "connect-src 'self'",
  "frame-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

/** The dashboard: one page for all its paths, and its files, whose names change with what is in them. */
export const dashboardRoutes = (router: Router, { dashboard }: Context): void => {
  if (dashboard === null) return void router.get("/", (_request, response) => response.redirect("/docs"));
  const headers = headersOf(POLICY);
  router.use(
    "/assets/dashboard",
    headers,
    express.static(join(dashboard, "assets/dashboard"), { index: false, redirect: false, immutable: true, maxAge: "365d" }),
  );
  router.get(["/", "/computers/:id"], headers, (_request, response) => {
    response.setHeader("Cache-Control", "no-cache");
    // With a root, because the cache directory's own path may have a folder that begins with a dot.
    response.sendFile("index.html", { root: dashboard, cacheControl: false });
  });
};
