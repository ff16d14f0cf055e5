import { MissingPackageError } from "./errors.ts";

// Packages that a user may have or not. Where one is missing its types are `any`, instead of an error in every project that checks our declarations.

// biome-ignore lint/suspicious/noTsIgnore: kept in the declarations, where there may or may not be an error.
/** @ts-ignore */
export type PlaywrightBrowser = import("playwright-core").Browser;
// biome-ignore lint/suspicious/noTsIgnore: as above.
/** @ts-ignore */
export type PlaywrightOptions = import("playwright-core").ConnectOverCDPOptions;
// biome-ignore lint/suspicious/noTsIgnore: as above.
/** @ts-ignore */
export type PuppeteerBrowser = import("puppeteer-core").Browser;
// biome-ignore lint/suspicious/noTsIgnore: as above.
/** @ts-ignore */
export type PuppeteerOptions = import("puppeteer-core").ConnectOptions;

/** What `load` imports of a package. Errors: MissingPackageError. */
export const loadPeer = async <T>(name: string, load: () => Promise<T>): Promise<T> => {
  try {
    return await load();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ERR_MODULE_NOT_FOUND" && message.includes(`'${name}'`)) throw new MissingPackageError(name, error);
    throw error;
  }
};
