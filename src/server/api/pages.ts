import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import express, { type Router } from "express";
import { openapi } from "../../contract/openapi.ts";
import type { Context } from "./context.ts";
import { NOVNC_DIR, novncBundle } from "./novnc.ts";
import { headersOf } from "./page-headers.ts";
import { httpBase } from "./urls.ts";

const require = createRequire(import.meta.url);
const here = dirname(fileURLToPath(import.meta.url));
const PAGES = join(here, "../../../src");
const SWAGGER = dirname(require.resolve("swagger-ui-dist/package.json"));

/** Nothing from elsewhere, no inline script, and no framing by other sites. */
const pageHeaders = headersOf(
  "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; connect-src 'self' ws: wss:; frame-ancestors 'self'; base-uri 'none'; form-action 'none'",
);

/** /openapi.json, /docs, the live page and their files; open without a key. */
export const pageRoutes = (router: Router, context: Context): void => {
  router.use(["/docs", "/live", "/recordings", "/assets"], pageHeaders);
  const files = { index: false, redirect: false, dotfiles: "ignore" as const, maxAge: "1h" };
  router.use("/assets/novnc", express.static(NOVNC_DIR, files));
  router.get("/assets/novnc.js", async (_request, response) => {
    response
      .set("Cache-Control", "public, max-age=3600")
      .type("text/javascript")
      .send(await novncBundle());
  });
  router.use("/assets/swagger", express.static(SWAGGER, files));
  router.use("/assets/live", express.static(join(PAGES, "live"), files));
  router.use("/assets/video", express.static(join(PAGES, "video"), files));
  router.use("/assets/docs", express.static(join(PAGES, "docs"), files));

  router.get("/openapi.json", (request, response) => void response.json(openapi(context.version, httpBase(request))));
  router.get("/docs", (_request, response) => response.sendFile(join(PAGES, "docs/index.html")));
  router.get("/live/:id", (_request, response) => {
    response.setHeader("Cache-Control", "no-store");
    response.sendFile(join(PAGES, "live/index.html"));
  });
};
