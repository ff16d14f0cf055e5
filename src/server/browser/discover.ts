import { VitrineError } from "../../contract/errors.ts";
import type { BrowserGuest } from "./endpoint.ts";
import { readBody } from "./read-json.ts";
import { askBrowser, type BrowserRequest } from "./request.ts";

/** One of Chromium's discovery calls, read to its end. Throws BrowserGone; browser_unavailable when the answer breaks off or is too large. */
export const discover = async (
  guest: BrowserGuest,
  request: BrowserRequest,
  signal: AbortSignal,
): Promise<{ status: number; body: Buffer }> => {
  const { response, upgraded } = await askBrowser(guest, request, signal);
  upgraded?.stream.destroy();
  const hangUp = () => response.destroy();
  signal.addEventListener("abort", hangUp, { once: true });
  try {
    return { status: response.statusCode ?? 502, body: await readBody(response) };
  } catch (error) {
    throw error instanceof VitrineError
      ? error
      : new VitrineError("browser_unavailable", { reason: "its answer broke off" }, { cause: error });
  } finally {
    signal.removeEventListener("abort", hangUp);
    response.destroy();
  }
};
