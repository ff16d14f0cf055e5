import { z } from "zod";
import { NetworkPolicy, Port, UpstreamProxy } from "./network.ts";
import { PublishedPort, PublishPort } from "./ports.ts";
import { UseProfile } from "./profiles.ts";
import { RecordVideo } from "./recordings.ts";
import { SnapshotId } from "./snapshots.ts";

export const STATUSES = [
  "creating",
  "running",
  "stopping",
  "stopped",
  "starting",
  "restoring",
  "restorable",
  "deleting",
  "deleted",
  "error",
] as const;
export const Status = z.enum(STATUSES);
export type Status = z.infer<typeof Status>;

export const TEMPLATES = ["browser", "scratch", "coding-agent"] as const;
export const TemplateName = z.enum(TEMPLATES);
export type TemplateName = z.infer<typeof TemplateName>;

/** RFC 1123 label, so that a name can be a host name. */
export const ComputerName = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, "use 1 to 63 lower-case letters, digits and inner hyphens (DNS-1123)");

export const Viewport = z.strictObject({ width: z.int().min(320).max(7680), height: z.int().min(240).max(4320) });
export type Viewport = z.infer<typeof Viewport>;

const httpUrl = z
  .string()
  .max(8192)
  .refine((u) => URL.canParse(u) && /^(https?:|about:|data:)/.test(u), "give an http, https, about or data URL");

export const BrowserOptions = z.strictObject({
  mode: z.enum(["live", "headless"]).default("live"),
  viewport: Viewport.default({ width: 1280, height: 800 }),
  url: httpUrl.optional(),
  user_agent: z
    .string()
    .min(1)
    .max(1024)
    .regex(/^[\x20-\x7e]*$/, "use printable ASCII")
    .optional(),
  timezone: z
    .string()
    .max(64)
    .refine((tz) => {
      try {
        return Boolean(new Intl.DateTimeFormat("en", { timeZone: tz }));
      } catch {
        return false;
      }
    }, "give an IANA time zone, like Europe/Prague")
    .optional(),
  locale: z
    .string()
    .regex(/^[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8})*$/, "give a BCP 47 tag, like cs-CZ")
    .max(35)
    .optional(),
  geolocation: z
    .strictObject({
      latitude: z.number().min(-90).max(90),
      longitude: z.number().min(-180).max(180),
      accuracy: z.number().min(0).max(1_000_000).default(10).describe("Metres"),
    })
    .optional(),
  extra_headers: z
    .record(
      z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$/, "use a header name"),
      z
        .string()
        .max(4096)
        .regex(/^[\x20-\x7e]*$/, "use printable ASCII"),
    )
    .refine((headers) => Object.keys(headers).length <= 64, "at most 64 headers")
    .optional()
    .describe("Sent with every request of the browser"),
  profile: UseProfile.optional().describe(
    "Begin with what the browser of an earlier computer knew, and keep what this one's knows when it is stopped or deleted; a new name begins empty",
  ),
  proxy: UpstreamProxy.optional().describe("What every connection of the computer goes through, after its network policy"),
  action_pictures: z
    .boolean()
    .default(true)
    .describe(
      "Keep a small picture of the screen as each action through the API left it, for the timeline; they show what the screen showed",
    ),
});
export type BrowserOptions = z.infer<typeof BrowserOptions>;

const noNul = (s: string) => !s.includes("\0");
export const EnvMap = z
  .record(
    z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, "use letters, digits and _"),
    z.string().max(32768).refine(noNul, "NUL is not allowed"),
  )
  .refine((m) => Object.keys(m).length <= 256, "at most 256 variables");

export const CreateComputer = z
  .strictObject({
    name: ComputerName.optional(),
    template: TemplateName.default("browser"),
    vcpus: z.int().min(1).max(16).default(2),
    ram_mb: z.int().min(512).max(32768).default(2048),
    disk_size_mb: z.int().min(2048).max(1048576).default(10240),
    workspace_quota_mb: z
      .int()
      .min(1024)
      .max(1048576)
      .default(65536)
      .describe("What /home/ohm, a disk of its own, can hold; it takes no more of the host than is in it"),
    workspace_snapshot: SnapshotId.optional().describe(
      "Its /home/ohm is what this snapshot has, and holds at least as much as that one did; it is booted rather than restored",
    ),
    browser: BrowserOptions.prefault({}),
    record_video: z
      .union([z.boolean(), RecordVideo])
      .default(false)
      .describe("Record the screen from the first moment to the last; each start begins a new recording"),
    network: NetworkPolicy.prefault({}),
    ttl_s: z
      .int()
      .min(10)
      .max(30 * 86400)
      .optional()
      .describe("Deleted this many seconds after creation"),
    idle_timeout_s: z
      .int()
      .min(10)
      .max(30 * 86400)
      .optional()
      .describe("Stopped, its files kept, after this many seconds with no CDP client, viewer, exec or action"),
    idle_action: z.enum(["stop", "delete"]).default("stop").describe("What is done with it at idle_timeout_s"),
    env: EnvMap.default({}),
    published_ports: z
      .array(z.union([Port.transform((port) => ({ port, public: false })), PublishPort]))
      .max(64)
      .refine((ports) => new Set(ports.map(({ port }) => port)).size === ports.length, "each port once")
      .default([])
      .describe("Ports of its loopback that have a URL from the beginning"),
    metadata: z
      .record(z.string().min(1).max(64), z.string().max(1024))
      .refine((m) => Object.keys(m).length <= 64, "at most 64 entries")
      .default({}),
  })
  .meta({ id: "CreateComputer" });
export type CreateComputer = z.infer<typeof CreateComputer>;
export type CreateComputerInput = z.input<typeof CreateComputer>;

export const BROWSER_STATUSES = ["ready", "starting", "closed", "error"] as const;

export const Computer = z
  .object({
    id: z.string(),
    name: z.string(),
    status: Status,
    template: TemplateName,
    vcpus: z.int(),
    ram_mb: z.int(),
    disk_size_mb: z.int(),
    workspace_quota_mb: z.int(),
    workspace_used_bytes: z.int().describe("What the workspace takes of the host's disk"),
    browser: z.object({ mode: z.enum(["live", "headless"]), viewport: Viewport, status: z.enum(BROWSER_STATUSES) }).nullable(),
    cdp_url: z.string().nullable().describe("What Playwright's connectOverCDP takes"),
    cdp_ws_url: z.string().nullable().describe("The browser's WebSocket; stays valid when Chromium is relaunched"),
    live_url: z.string().nullable(),
    live_view_only_url: z.string().nullable(),
    published_ports: z.array(PublishedPort),
    recordings: z.array(z.string()),
    recording: z.boolean().describe("Its screen is being recorded now"),
    connections: z
      .object({ cdp: z.int(), viewers: z.int(), terminals: z.int(), commands: z.int() })
      .describe("How many are connected or run now: DevTools clients, displays that are watched, attached terminals, commands by exec"),
    network: NetworkPolicy,
    metadata: z.record(z.string(), z.string()),
    created_at: z.iso.datetime(),
    started_at: z.iso.datetime().nullable(),
    stopped_at: z.iso.datetime().nullable(),
    expires_at: z.iso.datetime().nullable(),
    last_error: z.object({ code: z.string(), message: z.string() }).nullable(),
    start_kind: z.enum(["restored", "booted", "resumed"]).nullable(),
    ready_ms: z.int().nullable().describe("Milliseconds from the start of the machine to ready"),
    ready_phases: z.record(z.string(), z.int()).nullable().describe("What ready_ms is made of, in its order: milliseconds of each phase"),
  })
  .meta({ id: "Computer" });
export type Computer = z.infer<typeof Computer>;

export const StopComputer = z.strictObject({
  mode: z.enum(["suspend", "shutdown"]).default("suspend").describe("suspend keeps memory and files, shutdown the files alone"),
});

export const MAX_FORKS = 64;
export const ForkComputer = z.strictObject({
  count: z.int().min(1).max(MAX_FORKS).default(1),
  /** Room is left for the number that follows it. */
  name: ComputerName.max(60).optional().describe("The copy's name; of several, what their names begin with"),
});
