import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import express, { type RequestHandler, type Router } from "express";
import { openapi } from "../../contract/openapi.ts";
import { admitToComputer } from "./access.ts";
import type { Context } from "./context.ts";
import { viewerOf } from "./control.ts";
import { cutAtEnd } from "./cut.ts";
import { NOVNC_DIR, novncBundle } from "./novnc.ts";
import { openSse } from "./sse.ts";
import { httpBase } from "./urls.ts";

const require = createRequire(import.meta.url);
const here = dirname(fileURLToPath(import.meta.url));
const PAGES = join(here, "../../../src");
const SWAGGER = dirname(require.resolve("swagger-ui-dist/package.json"));

/** Nothing from elsewhere, no inline script, no framing by other sites, and no URL of ours (it may hold a token) in a Referer. */
const pageHeaders: RequestHandler = (_request, response, next) => {
  response.set({
    "Content-Security-Policy":
      "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; connect-src 'self' ws: wss:; frame-ancestors 'self'; base-uri 'none'; form-action 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
  });
  next();
};

/** /openapi.json, /docs, the live page and their files; open without a key, but for the live page's own state stream. */
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
  router.get("/", (_request, response) => response.redirect("/docs"));
  router.get("/docs", (_request, response) => response.sendFile(join(PAGES, "docs/index.html")));
  router.get("/live/:id", (_request, response) => {
    response.setHeader("Cache-Control", "no-store");
    response.sendFile(join(PAGES, "live/index.html"));
  });

  /** The computer's state and how many watch it, as events for the live page: it needs no key but its own link. */
  router.get("/live/:id/state", async (request, response) => {
    const { record, caller, computers, linkId, power } = admitToComputer(context, request, request.params.id, "view");
    cutAtEnd(response, caller);
    const viewer = viewerOf(request);
    const sse = openSse(response);
    const control = () => {
      const { holder, name } = context.control.get(record.id);
      return { holder, name, mine: viewer !== null && context.control.isViewer(record.id, viewer) };
    };
    const tell = ({ name, status }: typeof record) => {
      const viewers = context.viewers.count(record.id);
      return sse.send("message", { name, status, power: power === "view" ? "view" : "control", viewers, control: control() });
    };
    const tellNow = (id: string) => {
      const now = id === record.id ? computers.find(id) : null;
      if (now) void tell(now).catch(() => {});
    };
    const stopCounting = context.viewers.onChange(tellNow);
    const stop = computers.onChange((changed) => {
      if (changed.id !== record.id) return;
      // Its link goes with the key that owned the computer.
      if (linkId !== null && !context.links.get(linkId)) return sse.end();
      void tell(changed).catch(() => {});
      if (changed.status === "deleted") sse.end();
    });
    const stopControl = context.control.onChange(tellNow);
    const leave = viewer === null || power === "view" ? () => {} : context.control.watch(record.id, viewer);
    response.once("close", () => {
      stop();
      stopCounting();
      stopControl();
      leave();
    });
    await tell(computers.get(record.id)).catch(() => {});
  });
};
