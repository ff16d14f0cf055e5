import { oneLine } from "../../text.ts";
import { ToolFailure } from "./failure.ts";
import type { CdpSession } from "./ports.ts";

/** An element, as Chromium knows it for as long as its document lives. */
export interface Element {
  session: CdpSession;
  backendNodeId: number;
}

/** More than this many are not kept for a page that never navigates: the oldest go stale. */
const MAX_REFS = 20_000;

/** The names by which the model knows elements. One element has one name until the page navigates, and no name is given twice. */
export class Refs {
  #next = 1;
  #elements = new Map<string, Element>();
  #names = new Map<CdpSession, Map<number, string>>();

  nameOf(element: Element): string {
    const names = this.#names.get(element.session) ?? new Map<number, string>();
    this.#names.set(element.session, names);
    const known = names.get(element.backendNodeId);
    if (known) return known;
    const name = `ref_${this.#next++}`;
    names.set(element.backendNodeId, name);
    this.#elements.set(name, element);
    if (this.#elements.size > MAX_REFS) this.#forget(this.#elements.keys().next().value!);
    return name;
  }

  /** Throws ToolFailure when it names nothing on the page as it is now. */
  get(name: string): Element {
    const element = this.#elements.get(name);
    if (!element) throw stale(name);
    return element;
  }

  #forget(name: string): void {
    const { session, backendNodeId } = this.#elements.get(name)!;
    this.#elements.delete(name);
    this.#names.get(session)?.delete(backendNodeId);
  }

  /** The page is another one. */
  clear(): void {
    this.#elements.clear();
    this.#names.clear();
  }
}

export const stale = (name: string): ToolFailure =>
  new ToolFailure(`${oneLine(name, 32)} is not on the page: it has changed since. Call read_page or find for new references.`);
