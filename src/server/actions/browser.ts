import { pageUrl } from "./page-url.ts";
import { type Doers, pause } from "./step.ts";

const VERBS = ["navigate", "back", "forward", "reload", "tabs", "new_tab", "switch_tab", "close_tab"] as const;

export const browser: Doers<(typeof VERBS)[number]> = {
  navigate: async (step, { url }) => ({ url: await step.browser.navigate(pageUrl(url), step.signal) }),
  back: async (step) => ({ url: await step.browser.back(step.signal) }),
  forward: async (step) => ({ url: await step.browser.forward(step.signal) }),
  reload: async (step) => ({ url: await step.browser.reload(step.signal) }),
  tabs: async (step) => ({ tabs: await step.browser.tabs(step.signal) }),
  new_tab: async (step, { url }) => ({ tabs: await step.browser.newTab(url === undefined ? undefined : pageUrl(url), step.signal) }),
  switch_tab: async (step, { tab_id }) => ({ tabs: await step.browser.switchTab(tab_id, step.signal) }),
  close_tab: async (step, { tab_id }) => ({ tabs: await step.browser.closeTab(tab_id, step.signal) }),
};

export const waiting: Doers<"wait"> = { wait: async (step, { ms }) => pause(ms, step.signal) };
