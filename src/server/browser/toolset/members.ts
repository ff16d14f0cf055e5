import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { NOTCH } from "../../../contract/wheel.ts";
import { SAID } from "../../actions/dialects/said.ts";
import { DIRECTIONS, distance } from "../../actions/dialects/wheel.ts";
import { ToolFailure } from "./failure.ts";
import { find } from "./find.ts";
import { formInput } from "./form-input.ts";
import { holdKeys, modifiersOf, pressKeys, typeText } from "./keyboard.ts";
import { buttonDown, buttonUp, clickAt, drag, type MouseButton, moveTo, wheel } from "./mouse.ts";
import { navigate } from "./navigate.ts";
import { pageText } from "./page-text.ts";
import { screenshot, zoom } from "./pictures.ts";
import type { CdpConnection } from "./ports.ts";
import { readPage } from "./read-page.ts";
import { runScript } from "./script.ts";
import type { Tab } from "./tab.ts";
import type { Tabs } from "./tabs.ts";
import { CoordinateTarget, pointOf, RefTarget, reveal, Target } from "./target.ts";

/** What a member gives: a sentence or text, a PNG in base64, or nothing but the state of the browser. */
export type Given = { said: string } | { text: string } | { picture: string } | null;

export interface Context {
  cdp: CdpConnection;
  tabs: Tabs;
  signal: AbortSignal;
}

/** One member of browser_toolset_20260801. */
export interface Member {
  shape: z.ZodType;
  /** Milliseconds that it may take by itself, beyond those every member has. */
  takes: (input: never) => number;
  run: (context: Context, input: never) => Promise<Given>;
}

const tab_id = z.string().max(64).nullish();
const none = () => 0;
const secs = z.number().min(0).max(30);

const member = <S extends z.ZodType>(
  shape: S,
  run: (context: Context, input: z.output<S>) => Promise<Given>,
  takes: (input: z.output<S>) => number = none,
): Member => ({ shape, run, takes }) as unknown as Member;

/** Milliseconds that a page under way after an action is waited for; then the model sees it as it is. */
const SETTLE_MS = 10_000;

/** Once the page has dealt with what was done to it, waits for another page if that has set off for one. */
const settle = async (tab: Tab, signal: AbortSignal): Promise<void> => {
  // A page that leaves meanwhile answers with an error, which is an answer too.
  await tab.session.send("Runtime.evaluate", { expression: "0" }, { signal }).catch(() => {});
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(SETTLE_MS)]);
  await tab.loaded(bounded).catch(() => {});
  signal.throwIfAborted();
};

type OnTab<T> = (tab: Tab, input: T, context: Context) => Promise<Given>;

/** Looks at a tab and leaves it where it is. */
const reads = <S extends z.ZodRawShape>(fields: S, run: OnTab<z.output<z.ZodObject<S>>>): Member =>
  member(z.object({ ...fields, tab_id }), async (context, input) => {
    const { tab_id } = input as { tab_id?: string | null };
    return run(await context.tabs.get(tab_id, context.signal), input as z.output<z.ZodObject<S>>, context);
  });

/** Does something to a tab, which comes to the front for it. */
const acts = <S extends z.ZodRawShape>(
  fields: S,
  run: OnTab<z.output<z.ZodObject<S>>>,
  takes?: (input: z.output<z.ZodObject<S>>) => number,
): Member =>
  member(
    z.object({ ...fields, tab_id }),
    async (context, input) => {
      const { tab_id } = input as { tab_id?: string | null };
      const tab = await context.tabs.get(tab_id, context.signal);
      await context.tabs.activate(tab.id, context.signal);
      const given = await run(tab, input as z.output<z.ZodObject<S>>, context);
      await settle(tab, context.signal);
      return given;
    },
    takes as never,
  );

const said = (name: string): Given => ({ said: SAID[name]! });

const click = (name: string, button: MouseButton, count = 1): Member =>
  acts({ target: Target, modifiers: z.string().max(64).nullish() }, async (tab, { target, modifiers }, { signal }) => {
    const bits = modifiersOf(modifiers);
    await clickAt(tab.session, await pointOf(tab, target, signal), { button, count, modifiers: bits }, signal);
    return said(name);
  });

const look = { target: Target };
const spot = { target: CoordinateTarget };
const ref = { target: RefTarget };

const upload = acts(
  {
    ...ref,
    paths: z.array(z.string().startsWith("/", "an absolute path in the computer")).max(20).nullish(),
    document_ids: z.array(z.string()).nullish(),
  },
  async (tab, { target, paths, document_ids }, { signal }) => {
    if (document_ids?.length)
      throw new ToolFailure("document_ids are not available here; put the file into the computer and give its path.");
    if (!paths?.length) throw new ToolFailure("Give the paths of the files.");
    const { session, backendNodeId } = tab.refs.get(target.ref);
    await session.send("DOM.setFileInputFiles", { files: paths, backendNodeId }, { signal }).catch((error: Error) => {
      if (signal.aborted) throw error;
      throw new ToolFailure(`${target.ref} takes no files: ${error.message.slice(0, 200)}`);
    });
    return { said: "Uploaded." };
  },
);

const closeTab = member(z.object({ tab_id: z.string().max(64) }), async ({ tabs, signal }, { tab_id }) => {
  await tabs.remove((await tabs.get(tab_id, signal)).id, signal);
  return null;
});

/** The members by name. What each takes is Anthropic's; what it says is what their SDK says. */
export const MEMBERS: Record<string, Member> = {
  navigate: acts({ url: z.string().min(1).max(8192) }, async (tab, { url }, { signal }) => ({ text: await navigate(tab, url, signal) })),
  screenshot: acts({}, async (tab, _, { signal }) => ({ picture: await screenshot(tab.session, signal) })),
  zoom: acts({ region: z.tuple([z.number(), z.number(), z.number(), z.number()]) }, async (tab, { region }, { signal }) => ({
    picture: await zoom(tab.session, region, signal),
  })),
  left_click: click("left_click", "left"),
  right_click: click("right_click", "right"),
  middle_click: click("middle_click", "middle"),
  double_click: click("double_click", "left", 2),
  triple_click: click("triple_click", "left", 3),
  hover: acts(look, async (tab, { target }, { signal }) => {
    await moveTo(tab.session, await pointOf(tab, target, signal), signal);
    return { said: "Hovered." };
  }),
  left_click_drag: acts({ from: CoordinateTarget, ...spot }, async (tab, { from, target }, { signal }) => {
    await drag(tab.session, await pointOf(tab, from, signal), await pointOf(tab, target, signal), signal);
    return said("left_click_drag");
  }),
  left_mouse_down: acts(spot, async (tab, { target }, { signal }) => {
    const at = await pointOf(tab, target, signal);
    await moveTo(tab.session, at, signal);
    await buttonDown(tab.session, at, signal);
    return { said: "Mouse button pressed." };
  }),
  left_mouse_up: acts(spot, async (tab, { target }, { signal }) => {
    const at = await pointOf(tab, target, signal);
    await moveTo(tab.session, at, signal, 1);
    await buttonUp(tab.session, at, signal);
    return { said: "Mouse button released." };
  }),
  mouse_move: acts(spot, async (tab, { target }, { signal }) => {
    await moveTo(tab.session, await pointOf(tab, target, signal), signal);
    return said("mouse_move");
  }),
  scroll: acts(
    { ...spot, scroll_direction: z.enum(DIRECTIONS), scroll_amount: z.int().min(1).max(10).nullish() },
    async (tab, { target, scroll_direction, scroll_amount }, { signal }) => {
      const { dx, dy } = distance(scroll_direction, (scroll_amount ?? 3) * NOTCH);
      await wheel(tab.session, await pointOf(tab, target, signal), dx, dy, signal);
      return said("scroll");
    },
  ),
  scroll_to: acts(ref, async (tab, { target }, { signal }) => {
    await reveal(tab, tab.refs.get(target.ref), target.ref, signal);
    return { said: "Scrolled to {ref}." };
  }),
  type: acts({ text: z.string().max(100_000) }, async (tab, { text }, { signal }) => {
    await typeText(tab.session, text, signal);
    return said("type");
  }),
  key: acts({ text: z.string().min(1).max(1000), repeat: z.int().min(1).max(100).nullish() }, async (tab, { text, repeat }, { signal }) => {
    await pressKeys(tab.session, text, repeat ?? 1, signal);
    return said("key");
  }),
  hold_key: acts(
    { text: z.string().min(1).max(100), duration: secs },
    async (tab, { text, duration }, { signal }) => {
      await holdKeys(tab.session, text, duration * 1000, signal);
      return said("hold_key");
    },
    ({ duration }) => duration * 1000,
  ),
  form_input: acts(
    { ...ref, value: z.union([z.string().max(100_000), z.number(), z.boolean()]) },
    async (tab, { target, value }, { signal }) => {
      await formInput(tab.refs.get(target.ref), target.ref, value, signal);
      return { said: "Set the value of {ref}." };
    },
  ),
  read_page: reads(
    { filter: z.enum(["all", "interactive"]).nullish(), depth: z.int().min(1).max(400).nullish(), ref: z.string().max(32).nullish() },
    async (tab, input, { cdp, signal }) => ({ text: await readPage(cdp, tab, input, signal) }),
  ),
  find: reads({ query: z.string().min(1).max(1000) }, async (tab, { query }, { cdp, signal }) => ({
    text: await find(cdp, tab, query, signal),
  })),
  get_page_text: reads({}, async (tab, _, { signal }) => ({ text: await pageText(tab.session, signal) })),
  wait: member(
    z.object({ duration: secs, tab_id }),
    async ({ signal }, { duration }) => {
      await delay(duration * 1000, undefined, { signal });
      return said("wait");
    },
    ({ duration }) => duration * 1000,
  ),
  file_upload: upload,
  read_console: reads({}, async (tab) => ({ text: tab.console.take() })),
  read_network: reads({}, async (tab) => ({ text: tab.network.take() })),
  javascript_exec: reads({ text: z.string().min(1).max(100_000) }, async (tab, { text }, { signal }) => {
    const shown = await runScript(tab.session, text, signal);
    await settle(tab, signal);
    return { text: shown };
  }),
  new_tab: member(z.object({}), async ({ tabs, signal }) => {
    const id = await tabs.create(signal);
    // Attached to at once, so that nothing of it is missed.
    await tabs.get(id, signal);
    return null;
  }),
  list_tabs: member(z.object({}), async () => null),
  switch_tab: member(z.object({ tab_id: z.string().max(64) }), async ({ tabs, signal }, { tab_id }) => {
    await tabs.activate((await tabs.get(tab_id, signal)).id, signal);
    return null;
  }),
  close_tab: closeTab,
};
