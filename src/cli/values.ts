import { InvalidArgumentError } from "commander";
import type { Region } from "../contract/actions.ts";
import type { Viewport } from "../contract/computer.ts";

/** Readers of option values for commander. Ranges are the service's business: it answers with its own sentence. */
export const integer = (text: string): number => {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError("Give a whole number.");
  return Number(text);
};

export const seconds = (text: string): number => {
  if (!/^\d{1,9}(\.\d{1,3})?$/.test(text)) throw new InvalidArgumentError("Give a number of seconds.");
  return Number(text);
};

export const decimal = (text: string): number => {
  if (!/^\d{1,9}(\.\d{1,6})?$/.test(text)) throw new InvalidArgumentError("Give a number.");
  return Number(text);
};

export const viewport = (text: string): Viewport => {
  const [, width, height] = /^(\d{1,5})x(\d{1,5})$/.exec(text) ?? [];
  if (width === undefined || height === undefined) throw new InvalidArgumentError("Give it as WIDTHxHEIGHT, like 1280x800.");
  return { width: Number(width), height: Number(height) };
};

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86400 };

/** A time from now, in seconds. */
export const duration = (text: string): number => {
  const [, count, unit = "s"] = /^(\d{1,9})([smhd])?$/.exec(text) ?? [];
  if (count === undefined) throw new InvalidArgumentError("Give a number with s, m, h or d, like 90d.");
  return Number(count) * (UNITS[unit] as number);
};

/** Collects a repeatable whole number; an empty one stands for an empty list. */
export const integers = (text: string, before: number[] = []): number[] => (text === "" ? before : [...before, integer(text)]);

/** Collects a repeatable text; an empty one stands for an empty list. */
export const texts = (text: string, before: string[] = []): string[] => (text === "" ? before : [...before, text]);

/** Collects repeatable KEY=VALUE. */
export const pairs = (text: string, before: Record<string, string> = {}): Record<string, string> => {
  const equals = text.indexOf("=");
  if (equals < 1) throw new InvalidArgumentError("Give it as KEY=VALUE.");
  return { ...before, [text.slice(0, equals)]: text.slice(equals + 1) };
};

export const number = (text: string): number => {
  if (!/^\d{1,9}(\.\d{1,6})?$/.test(text)) throw new InvalidArgumentError("Give a number.");
  return Number(text);
};

export const region = (text: string): Region => {
  if (!/^\d{1,5}(,\d{1,5}){3}$/.test(text)) throw new InvalidArgumentError("Give it as X,Y,WIDTH,HEIGHT, like 0,0,640,400.");
  const [x = 0, y = 0, width = 0, height = 0] = text.split(",").map(Number);
  return { x, y, width, height };
};
