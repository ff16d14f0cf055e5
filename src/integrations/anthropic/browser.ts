import {
  BetaAbstractBrowserToolset20260801,
  type BetaBrowserMemberResult,
  type BetaBrowserNavigateResult,
  type BetaBrowserState,
  type BetaBrowserToolsetOptions,
  type BetaFilePolicy,
  type BetaToolsetCallContext,
} from "@anthropic-ai/sdk/helpers/beta/toolsets";
import type { BetaBrowserMemberInput, BetaBrowserMemberName, BetaBrowserStateBlockParam } from "@anthropic-ai/sdk/resources/beta";
import type { Computer } from "../../client/index.ts";
import { perform, pictureIn } from "./member.ts";

export type VitrineBrowserToolsetOptions = Omit<BetaBrowserToolsetOptions, "browserState">;

/** Files are the computer's own, on both ways. */
const GUEST_FILES: BetaFilePolicy = {
  resolveUploadPaths: (_context, paths) => paths,
  resolveUploadDocuments: (_context, ids) => ids,
  isPathVisible: () => true,
};

/** Members that give a text; the others, but for those below, do something and give nothing. */
const READERS = new Set<BetaBrowserMemberName>(["read_page", "find", "get_page_text", "read_console", "read_network", "javascript_exec"]);

/** Where a navigation landed, from the sentence in which the service says it, which is the SDK's own. */
const landed = (sentence: string): BetaBrowserNavigateResult => {
  const [, url = "", title, status] = /^Navigated to (.*?)(?: — (.*?))?(?: \(HTTP (\d+)\))?$/s.exec(sentence) ?? [];
  return { url, title, status: status === undefined ? undefined : Number(status) };
};

/** A dialog that was dismissed meanwhile, from the sentence that says so. */
const dismissed = (sentence: string): NonNullable<BetaBrowserState["state_changes"]> => {
  const [, kind, message] = /^An? (.+?) dialog(?: (".*"))? was dismissed\.$/s.exec(sentence) ?? [];
  return kind ? [{ type: "dialog_dismissed", kind, ...(message && { message: JSON.parse(message) as string }) }] : [];
};

/**
 * The browser of a computer, its pages and tabs, as Anthropic's browser_toolset_20260801; headless ones too. What a model does stays in its computer, so that
 * nobody is asked unless there is a `confirm`, and `file_upload`, where `configs` enable it, takes the computer's files.
 */
export class VitrineBrowserToolset extends BetaAbstractBrowserToolset20260801 {
  readonly #computer: Computer;
  readonly #seen: { state: BetaBrowserState };

  constructor(computer: Computer, { confirm = () => true, filePolicy = GUEST_FILES, ...options }: VitrineBrowserToolsetOptions = {}) {
    const seen: { state: BetaBrowserState } = { state: { tabs: [] } };
    const browserState = () => {
      const { state } = seen;
      seen.state = { tabs: state.tabs };
      return state;
    };
    super({ ...options, confirm, filePolicy, browserState });
    this.#computer = computer;
    this.#seen = seen;
  }

  protected override async execute(
    { signal }: BetaToolsetCallContext,
    name: BetaBrowserMemberName,
    input: BetaBrowserMemberInput,
  ): Promise<BetaBrowserMemberResult> {
    const use = { toolset_name: "browser", name, input } as const;
    const content = await perform<BetaBrowserStateBlockParam>(this.#computer, use, signal);
    const texts = content.flatMap((block) => (block.type === "text" ? [block.text] : []));
    const [first = "", ...notices] = texts;
    const { tabs = [], state_changes } = content.find((block) => block.type === "browser_state") ?? {};
    this.#seen.state = { tabs, state_changes: [...(state_changes ?? []), ...notices.flatMap(dismissed)] };

    const picture = pictureIn(content[0]);
    if (picture) return picture;
    if (name === "navigate") return landed(first);
    if (READERS.has(name)) return first;
    if (name === "list_tabs") return tabs;
    if (name === "new_tab" || name === "switch_tab") return tabs.find(({ active }) => active);
  }
}
