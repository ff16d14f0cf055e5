import type { RequestHandler } from "express";
import { VitrineError } from "../../../contract/errors.ts";

/** Calls of the vendor's that nothing here equals, by what comes after the browser's id, and what there is instead. */
const INSTEAD: Readonly<Record<string, string>> = {
  "": "a computer's name, tags, profile, proxy and screen are given when it is created",
  curl: "run curl in the computer with process/exec, or fetch() in a page over cdp_ws_url",
  extensions: "Chromium in the computer takes no extensions",
  "playwright/execute": "connect Playwright to cdp_ws_url",
  logs: "GET /v1/computers/{id}/logs has the logs of the guest",
  telemetry: "GET /v1/computers/{id}/events has the timeline of the computer",
  "fs/watch": "list the folder again with fs/list_files",
  "fs/upload_zip": "PUT /v1/computers/{id}/files/archive unpacks a tar.gz",
  "fs/download_dir_zip": "GET /v1/computers/{id}/files/archive answers a folder as tar.gz",
  "process/resize": "POST /v1/computers/{id}/terminals has terminals, which are resized over their WebSocket",
};

/** Refuses what no verb took: unsupported_option for what the vendor has and we have not, route_not_found for the rest. */
export const refuseUnmapped: RequestHandler = ({ method, path }) => {
  const [, id, ...rest] = path.replace(/\/$/, "").split("/");
  const call = rest.join("/").replace(/^process\/[^/]+\/resize$/, "process/resize");
  const reason =
    id === undefined ? undefined : Object.entries(INSTEAD).find(([name]) => call === name || (name && call.startsWith(`${name}/`)))?.[1];
  if (reason)
    throw new VitrineError("unsupported_option", { option: `${method} /browsers/{id}${call && `/${call}`}`.slice(0, 200), reason });
  throw new VitrineError("route_not_found", { method, path: `/browsers${path}`.slice(0, 200) });
};
