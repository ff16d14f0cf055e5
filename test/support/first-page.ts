import type { Page } from "playwright-core";
import type { Computer } from "../../src/client/index.ts";

/** Works on the first page of a computer's browser, with the patience that an emulated one takes. */
export const onFirstPage = async <T>(computer: Computer, work: (page: Page) => Promise<T>): Promise<T> => {
  const browser = await computer.connectPlaywright({ timeout: 120_000 });
  try {
    const page = browser.contexts()[0]!.pages()[0]!;
    page.setDefaultTimeout(120_000);
    return await work(page);
  } finally {
    await browser.close();
  }
};
