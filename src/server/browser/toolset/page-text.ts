import { bounded } from "./failure.ts";
import { localFrames } from "./frames.ts";
import type { CdpSession } from "./ports.ts";

const READ = `(() => {
  const article = [...document.querySelectorAll("article, main, [role=main]")].find((element) => element.innerText.trim().length > 200);
  return (article ?? document.body ?? document.documentElement)?.innerText.slice(0, 60000) ?? "";
})()`;

/** The text that a reader sees: of an article where there is one, else of all; then that of the frames. */
export const pageText = async (session: CdpSession, signal: AbortSignal): Promise<string> => {
  const texts: string[] = [];
  for (const { frameId } of await localFrames(session, { x: 0, y: 0 }, signal)) {
    // A world of our own: what the page made of the DOM's functions does not count there. A frame that goes meanwhile is left out.
    const made = await session.send("Page.createIsolatedWorld", { frameId, worldName: "reader" }, { signal }).catch(() => null);
    if (!made) continue;
    const { result } = await session.send(
      "Runtime.evaluate",
      { expression: READ, contextId: made.executionContextId, returnByValue: true },
      { signal },
    );
    const text = String(result.value ?? "").trim();
    if (text) texts.push(text);
  }
  return bounded(texts.join("\n\n"), "scroll does not change this; read_page shows parts");
};
