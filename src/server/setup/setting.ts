import { VitrineError } from "../../contract/errors.ts";

export type Env = Readonly<Record<string, string | undefined>>;

/** Throws config_invalid. */
export const refuse = (setting: string, reason: string): never => {
  throw new VitrineError("config_invalid", { setting, reason });
};

export const parseWhole = (text: string, setting: string, least: number, most: number): number => {
  const value = /^\d{1,12}$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most)) refuse(setting, `"${text}" is not a whole number from ${least} to ${most}`);
  return value;
};
