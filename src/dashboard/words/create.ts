import type { CreateComputerInput } from "../../contract/computer.ts";

export const VIEWPORTS = {
  "1280x800": "1280 × 800",
  "1920x1080": "1920 × 1080",
  "1024x768": "1024 × 768",
  "390x844": "390 × 844 (a phone)",
} as const;
export const MODES = { open: "The internet", restricted: "Some names alone", off: "None" } as const;
/** In pairs, because the first is what a form begins with, and an object puts numbers before all else. */
export const LIVES = [
  ["", "By hand"],
  ["3600", "After an hour"],
  ["86400", "After a day"],
  ["604800", "After a week"],
] as const;

/** What the form's fields ask for, as the API takes it. */
export const inputOf = (fields: Pick<FormData, "get">): CreateComputerInput => {
  const text = (name: string): string => String(fields.get(name) ?? "").trim();
  const [width, height] = text("viewport").split("x").map(Number);
  const mode = text("mode") as keyof typeof MODES;
  return {
    template: text("template") as NonNullable<CreateComputerInput["template"]>,
    ...(text("name") && { name: text("name") }),
    ...(width && height && { browser: { viewport: { width, height } } }),
    network: { mode, ...(mode === "restricted" && { allow: text("allow").split(/[\s,]+/) }) },
    record_video: fields.get("record_video") !== null,
    ...(text("ttl_s") && { ttl_s: Number(text("ttl_s")) }),
  };
};
