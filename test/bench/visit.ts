import { gzipSync } from "node:zlib";
import type { Browser, Cookie, Page } from "playwright-core";
import { sleep } from "./bench.ts";

/** Says when what a selector names is there and drawn, in milliseconds since the navigation began. */
const tellWhenDrawn = (selector: string): string => `window.drawnAt = 0;
const look = () => document.querySelector(${JSON.stringify(selector)})
  ? requestAnimationFrame(() => setTimeout(() => { window.drawnAt = performance.now(); }))
  : requestAnimationFrame(look);
look();`;

/** What a page has been sent, in bytes: as it came over the wire, and as it would be compressed. Asked for while the page is there. */
const countBytes = (page: Page) => {
  const counted: Promise<void>[] = [];
  const sent = { files: { wire: 0, packed: 0 }, records: { wire: 0, packed: 0 } };
  page.on("requestfinished", (request) => {
    // A picture that is shown comes a second time, from the page's own memory.
    if (request.url().startsWith("blob:")) return;
    const count = async () => {
      const body = await (await request.response())?.body();
      if (!body) return;
      const sum = sent[request.url().includes("/v1/") ? "records" : "files"];
      const { responseBodySize } = await request.sizes();
      sum.wire += responseBodySize;
      sum.packed += gzipSync(body).length;
    };
    // An answer without a body has none to be given.
    counted.push(count().catch(() => {}));
  });
  return async () => {
    await Promise.all(counted);
    return sent;
  };
};

/** A visit by a browser that has nothing of the service but a session: milliseconds from the start of the navigation until the selector is drawn, and what was sent. */
export const visit = async (browser: Browser, url: string, selector: string, cookies: Cookie[]) => {
  const context = await browser.newContext({ viewport: { width: 1200, height: 800 } });
  await context.addCookies(cookies);
  await context.addInitScript(tellWhenDrawn(selector));
  const page = await context.newPage();
  const bytes = countBytes(page);
  await page.goto(url);
  let at = 0;
  while (at === 0) {
    await sleep(50);
    at = (await page.evaluate("window.drawnAt")) as number;
  }
  const sent = await bytes();
  await context.close();
  return { at, ...sent };
};
