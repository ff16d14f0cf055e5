import type { CreateComputerInput } from "../../contract/computer.ts";
import { type Draft, policyOf } from "./network.ts";

export const VIEWPORTS = {
  "1280x800": "1280 × 800",
  "1920x1080": "1920 × 1080",
  "1024x768": "1024 × 768",
  "390x844": "390 × 844 (a phone)",
  other: "Another size",
} as const;
/** In pairs, because the first is what a form begins with, and an object puts numbers before all else. */
export const LIVES = [
  ["", "By hand"],
  ["3600", "After an hour"],
  ["86400", "After a day"],
  ["604800", "After a week"],
] as const;
export const IDLE = [
  ["", "Never"],
  ["600", "After 10 minutes"],
  ["3600", "After an hour"],
] as const;

/** What the form's fields ask for, as the API takes it. */
export const inputOf = (fields: Pick<FormData, "get">, policy: Draft): CreateComputerInput => {
  const text = (name: string): string => String(fields.get(name) ?? "").trim();
  const [width, height] = (text("viewport") === "other" ? [text("width"), text("height")] : text("viewport").split("x")).map(Number);
  return {
    template: text("template") as NonNullable<CreateComputerInput["template"]>,
    ...(text("name") && { name: text("name") }),
    ...(text("vcpus") && { vcpus: Number(text("vcpus")) }),
    ...(text("ram_mb") && { ram_mb: Number(text("ram_mb")) }),
    ...(width && height && { browser: { viewport: { width, height } } }),
    network: policyOf(policy),
    record_video: fields.get("record_video") !== null,
    ...(text("ttl_s") && { ttl_s: Number(text("ttl_s")) }),
    ...(text("idle_timeout_s") && { idle_timeout_s: Number(text("idle_timeout_s")) }),
  };
};
