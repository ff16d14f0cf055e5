import { ToolFailure } from "./failure.ts";
import { type Element, stale } from "./refs.ts";

/** Runs in the page, on the element. Answers what is wrong, or null. The text of it is sent: it can use nothing from outside. */
function setValue(this: unknown, value: string | number | boolean): string | null {
  // biome-ignore lint/suspicious/noExplicitAny: the page's own objects.
  const element = this as any;
  const view = element.ownerDocument?.defaultView;
  if (!element.isConnected || !view) return "gone";
  const tell = (...types: string[]) => {
    for (const type of types) element.dispatchEvent(new view.Event(type, { bubbles: true, composed: true }));
  };
  const tag = element.localName;
  if (element.disabled) return "It is disabled.";
  element.focus?.();
  if (tag === "input" && (element.type === "checkbox" || element.type === "radio")) {
    if (typeof value !== "boolean") return "A checkbox or radio button takes true or false.";
    if (element.type === "radio" && !value) return "A radio button cannot be switched off; choose another of its group.";
    if (element.checked !== value) element.click();
    return element.checked === value ? null : "The page does not let it change.";
  }
  if (tag === "select") {
    const wanted = String(value);
    const options = [...element.options];
    const found = options.find((option) => option.value === wanted) ?? options.find((option) => option.text.trim() === wanted.trim());
    if (!found)
      return `It has no such option; it has ${options
        .slice(0, 30)
        .map((option) => JSON.stringify(option.text.trim().slice(0, 60)))
        .join(", ")}.`;
    if (found.disabled) return "This option is disabled.";
    element.value = found.value;
    found.selected = true;
    tell("input", "change");
    return null;
  }
  if (tag === "input" || tag === "textarea") {
    if (element.type === "file") return "It takes files; use file_upload.";
    if (element.readOnly) return "It is read-only.";
    // The setter of the class, not one that a framework has put on the element to watch it.
    const prototype = tag === "input" ? view.HTMLInputElement.prototype : view.HTMLTextAreaElement.prototype;
    Object.getOwnPropertyDescriptor(prototype, "value")!.set!.call(element, String(value));
    tell("input", "change");
    return String(value) !== "" && element.value === "" ? `Its type is ${element.type}, and this is no value of it.` : null;
  }
  if (element.isContentEditable) {
    element.textContent = String(value);
    tell("input", "change");
    return null;
  }
  return "It is no form element.";
}

/** Sets a form element's value as if by hand: its events are told. Throws ToolFailure with what is wrong. */
export const formInput = async (
  { session, backendNodeId }: Element,
  ref: string,
  value: string | number | boolean,
  signal: AbortSignal,
): Promise<void> => {
  const resolved = await session.send("DOM.resolveNode", { backendNodeId }, { signal }).catch((error: unknown) => {
    if (signal.aborted) throw error;
    throw stale(ref);
  });
  const { objectId } = resolved.object;
  try {
    const { result, exceptionDetails } = await session.send(
      "Runtime.callFunctionOn",
      { objectId, functionDeclaration: setValue.toString(), arguments: [{ value }], returnByValue: true, userGesture: true },
      { signal },
    );
    if (exceptionDetails) throw new ToolFailure("The page did not take the value.");
    if (result.value === "gone") throw stale(ref);
    if (typeof result.value === "string") throw new ToolFailure(result.value.slice(0, 4000));
  } finally {
    session.send("Runtime.releaseObject", { objectId }).catch(() => {});
  }
};
