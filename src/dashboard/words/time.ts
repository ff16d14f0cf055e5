const UNITS = [
  ["d", 86_400],
  ["h", 3600],
  ["min", 60],
  ["s", 1],
] as const;

/** A length of time in its two largest units, as in `2 h 5 min`. */
export const span = (seconds: number): string => {
  let rest = Math.max(0, Math.floor(seconds));
  const parts: string[] = [];
  for (const [unit, size] of UNITS) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count} ${unit}`);
    else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  return parts.length > 0 ? parts.join(" ") : "0 s";
};

/** How long ago it was: coarse, because it is shown and not counted. */
export const age = (at: string, now: number): string => {
  const seconds = (now - Date.parse(at)) / 1000;
  if (seconds < 60) return "just now";
  const [unit, size] = UNITS.find(([, size]) => seconds >= size) ?? UNITS[2];
  return `${Math.floor(seconds / size)} ${unit} ago`;
};

/** A moment in the reader's own zone. */
export const moment = (at: string): string =>
  new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" }).format(new Date(at));
/** A time of the day in the reader's own zone. */
export const clock = (at: string): string => new Intl.DateTimeFormat(undefined, { timeStyle: "medium" }).format(new Date(at));
/** A place in a video, as in `1:05` or `1:02:03`. */
export const position = (seconds: number): string => {
  const whole = Math.floor(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, String(whole % 60).padStart(2, "0")];
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
};

/** Bytes, as in `3.4 MB`. */
export const size = (bytes: number): string => {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), units.length - 1);
  return `${(bytes / 1000 ** power).toLocaleString(undefined, { maximumFractionDigits: power === 0 ? 0 : 1 })} ${units[power]}`;
};
