import { VitrineError } from "../../contract/errors.ts";

/** As a person types it: without a scheme it is a site. Throws invalid_request for anything but pages of the web, about: and data:. */
export const pageUrl = (text: string): string => {
  const trimmed = text.trim();
  // `localhost:8080` parses as a URL of the scheme localhost.
  const named = /^(https?:\/\/|about:|data:)/i.test(trimmed)
    ? trimmed
    : /^[a-z][a-z0-9+.-]*:(?!\d)/i.test(trimmed)
      ? null
      : `https://${trimmed}`;
  if (named === null || !URL.canParse(named))
    throw new VitrineError("invalid_request", { reason: `${JSON.stringify(text.slice(0, 200))} is no http, https, about or data URL` });
  return named;
};
