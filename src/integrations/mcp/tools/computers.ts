import { z } from "zod";
import type { Computer } from "../../../client/index.ts";
import { CreateComputer, Status } from "../../../contract/computer.ts";
import { which } from "../session.ts";
import { ACTS, DESTROYS, json, LOOKS, tool } from "../tool.ts";

const MAX_LISTED = 100;

const inShort = ({ name, id, status, template, created_at }: Computer) => ({ name, id, status, template, created_at });

/** The record without what a model has no use for. Its URLs open the computer to whoever has them. */
const atLength = (computer: Computer): string => {
  const { vcpus, ram_mb, browser, live_url, live_view_only_url, cdp_url } = computer;
  return json({ ...inShort(computer), vcpus, ram_mb, browser, live_url, live_view_only_url, cdp_url });
};

const { name, template, vcpus, ram_mb, ttl_s, idle_timeout_s } = CreateComputer.shape;

const create = tool(
  "computer_create",
  {
    title: "Create a computer",
    description:
      "Creates a virtual machine with Debian and, unless the template says otherwise, Chromium, and answers when it runs. It is deleted when this session ends, unless keep is true. Show the user live_view_only_url to watch it, or live_url to take part.",
    inputSchema: z.object({
      name: name.describe("Lower-case letters, digits and hyphens; made up when left out"),
      template: template.describe(
        "browser: with Chromium on a screen; scratch: without browser and screen; coding-agent: with development tools",
      ),
      vcpus,
      ram_mb,
      url: z.string().max(8192).optional().describe("The page that its browser opens first"),
      record_video: z.boolean().default(false).describe("Record its screen from the first moment to the last"),
      ttl_s: ttl_s.describe("Deleted this many seconds after its creation, whatever happens to this session"),
      idle_timeout_s: idle_timeout_s.describe("Stopped, its files kept, after this many seconds without use"),
      keep: z.boolean().default(false).describe("Do not delete it when this session ends"),
    }),
    annotations: ACTS,
  },
  async ({ keep, url, ...input }, { session, signal }) =>
    atLength(await session.create({ ...input, ...(url !== undefined && { browser: { url } }) }, { keep, signal })),
);

const list = tool(
  "computer_list",
  {
    title: "List computers",
    description: `Lists the computers of this API key, also those that other sessions made: the newest ${MAX_LISTED}.`,
    inputSchema: z.object({ status: Status.optional().describe("Only those in this status") }),
    annotations: LOOKS,
  },
  async (filter, { session, signal }) => {
    const { data, next_cursor } = await session.vitrine.computers.list({ ...filter, limit: MAX_LISTED, signal });
    return json({ computers: data.map(inShort), more: next_cursor !== null });
  },
);

const get = tool(
  "computer_get",
  {
    title: "Look at a computer",
    description: "Gives a computer's status, size and URLs. Its URLs open it to whoever has them: give them to the user alone.",
    inputSchema: z.object(which),
    annotations: LOOKS,
  },
  async ({ computer }, { session, signal }) => atLength(await session.computer(computer, signal)),
);

const stop = tool(
  "computer_stop",
  {
    title: "Stop a computer",
    description:
      "Stops a computer. suspend keeps memory and files, so that computer_start goes on where it was; shutdown keeps the files alone.",
    inputSchema: z.object({ ...which, mode: z.enum(["suspend", "shutdown"]).default("suspend") }),
    annotations: DESTROYS,
  },
  async ({ computer, mode }, { session, signal }) => atLength(await (await session.computer(computer, signal)).stop({ mode, signal })),
);

const start = tool(
  "computer_start",
  {
    title: "Start a computer",
    description: "Starts a stopped computer and answers when it runs.",
    inputSchema: z.object(which),
    annotations: ACTS,
  },
  async ({ computer }, { session, signal }) => atLength(await (await session.computer(computer, signal)).start({ signal })),
);

const remove = tool(
  "computer_delete",
  {
    title: "Delete a computer",
    description: "Deletes a computer with all its files. Its recordings stay.",
    inputSchema: z.object(which),
    annotations: DESTROYS,
  },
  async ({ computer }, { session, signal }) => {
    const found = await session.computer(computer, signal);
    await session.delete(found, signal);
    return `Deleted ${found.name}.`;
  },
);

export const COMPUTER_TOOLS = [create, list, get, stop, start, remove];
