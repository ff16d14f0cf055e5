import type { Route } from "./route.ts";
import { computers } from "./routes/computers.ts";
import { events } from "./routes/events.ts";
import { exec } from "./routes/exec.ts";
import { files } from "./routes/files.ts";
import { keys } from "./routes/keys.ts";
import { links } from "./routes/links.ts";
import { network } from "./routes/network.ts";
import { ports } from "./routes/ports.ts";
import { profiles } from "./routes/profiles.ts";
import { screen } from "./routes/screen.ts";
import { service } from "./routes/service.ts";
import { session } from "./routes/session.ts";
import { snapshots } from "./routes/snapshots.ts";
import { terminals } from "./routes/terminals.ts";
import { webhooks } from "./routes/webhooks.ts";
import { workspace } from "./routes/workspace.ts";

/** Every call of the API. */
export const ROUTES = {
  ...computers,
  ...events,
  ...exec,
  ...files,
  ...terminals,
  ...screen,
  ...links,
  ...network,
  ...ports,
  ...snapshots,
  ...workspace,
  ...profiles,
  ...keys,
  ...session,
  ...webhooks,
  ...service,
} as const satisfies Record<string, Route>;

export type RouteId = keyof typeof ROUTES;
