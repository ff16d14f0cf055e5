import { z } from "zod";
import type { Computer, CreateComputerInput } from "../../../contract/computer.ts";
import { VitrineError } from "../../../contract/errors.ts";
import { parse } from "../../parse.ts";
import { browserView } from "./browser-view.ts";
import { ignored, lacking } from "./lacking.ts";
import type { DoorCall, Verb } from "./verb.ts";

/** The vendor's own, where a create names none. */
const VIEWPORT = { width: 1920, height: 1080 };
const TIMEOUT_S = 60;
const MAX_TIMEOUT_S = 259_200;

const Create = z.strictObject({
  name: z.string().nullish(),
  headless: z.boolean().nullish(),
  viewport: z.strictObject({ width: z.number(), height: z.number(), refresh_rate: ignored }).nullish(),
  timeout_seconds: z.int().min(10).max(MAX_TIMEOUT_S).nullish(),
  start_url: z.string().nullish(),
  tags: z.record(z.string(), z.string()).nullish(),
  profile: z
    .strictObject({ id: z.string().optional(), name: z.string().optional(), save_changes: z.boolean().default(false) })
    .refine(({ id, name }) => (id === undefined) !== (name === undefined), "give either id or name")
    .nullish(),
  extensions: lacking("extensions", "Chromium in the computer takes no extensions"),
  proxy_id: lacking("proxy_id", "POST /v1/computers takes the proxy itself, as browser.proxy"),
  chrome_policy: lacking("chrome_policy", "Chromium in the computer takes no policies"),
  persistence: lacking("persistence", "use profile, or stop and start the computer with /v1"),
  stealth: ignored,
  gpu: ignored,
  kiosk_mode: ignored,
  telemetry: ignored,
  invocation_id: ignored,
});

const toComputer = (body: z.output<typeof Create>): CreateComputerInput => {
  const { name, headless, viewport, timeout_seconds, start_url, tags, profile } = body;
  return {
    ...(name && { name }),
    ...(tags && { metadata: tags }),
    idle_timeout_s: timeout_seconds ?? TIMEOUT_S,
    idle_action: "delete",
    browser: {
      mode: headless ? "headless" : "live",
      viewport: viewport ? { width: viewport.width, height: viewport.height } : VIEWPORT,
      ...(start_url && { url: start_url }),
      // A profile's name is its id.
      ...(profile && { profile: { name: String(profile.name ?? profile.id), save: profile.save_changes } }),
    },
  };
};

const flag = z.enum(["true", "false"]).transform((said) => said === "true");
const List = z.looseObject({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  offset: z.coerce.number().int().min(0).default(0),
  status: z.enum(["active", "deleted", "all"]).optional(),
  include_deleted: flag.optional(),
  query: z.string().optional(),
});

/** `?tags[team]=backend` */
const tagsIn = (query: Record<string, unknown>): [name: string, value: unknown][] =>
  Object.entries(query).flatMap(([key, value]): [string, unknown][] => {
    const name = /^tags\[(.+)\]$/.exec(key)?.[1];
    return name === undefined ? [] : [[name, value]];
  });

/** All computers of the caller that have, or do not have, been deleted, newest first. */
const computers = async ({ run }: DoorCall, deleted: boolean): Promise<z.input<typeof Computer>[]> => {
  const all: z.input<typeof Computer>[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const query = { limit: 200, ...(cursor && { cursor }), ...(deleted && { status: "deleted" }) };
    const page = await run("listComputers", { query });
    all.push(...page.data);
    cursor = page.next_cursor;
  }
  return all;
};

const list = async (call: DoorCall) => {
  const { limit, offset, status, include_deleted, query } = parse(List, call.query, "query");
  const wanted = status ?? (include_deleted ? "all" : "active");
  const tags = tagsIn(call.query);
  const found = [
    ...(wanted === "deleted" ? [] : await computers(call, false)),
    ...(wanted === "active" ? [] : await computers(call, true)),
  ].filter(
    (computer) =>
      computer.browser !== null &&
      tags.every(([name, value]) => computer.metadata[name] === value) &&
      (query === undefined || computer.id === query || computer.name.includes(query)),
  );
  const more = found.length > offset + limit;
  call.response.set({ "X-Has-More": String(more), ...(more && { "X-Next-Offset": String(offset + limit) }) });
  return found.slice(offset, offset + limit).map((computer) => browserView(call, computer));
};

/** Browsers: computers with one. */
export const browserVerbs: readonly Verb[] = [
  {
    method: "post",
    path: "/",
    does: async (call) => browserView(call, await call.run("createComputer", { body: toComputer(parse(Create, call.body, "body")) })),
  },
  { method: "get", path: "/", does: list },
  {
    method: "get",
    path: "/:id",
    does: async (call) => {
      const computer = await call.run("getComputer", { params: call.params });
      if (computer.status === "deleted" && call.query.include_deleted !== "true")
        throw new VitrineError("computer_not_found", { id: computer.id });
      return browserView(call, computer);
    },
  },
  {
    method: "delete",
    path: "/:id",
    raw: true,
    status: 204,
    does: async ({ run, params }) => void (await run("deleteComputer", { params })),
  },
];
