/** The keys of a chord as xdotool writes it: `ctrl+shift+t`. A plus at the end is the key itself: `ctrl++`. */
export const chord = (text: string): string[] => {
  const plus = text === "+" || text.endsWith("++");
  const keys = (plus ? text.slice(0, -1) : text).split("+").filter((key) => key !== "");
  return plus ? [...keys, "+"] : keys;
};

/** Chords one after another, parted by blanks. A text of nothing but blanks is the space bar. */
export const chords = (text: string): string[][] => {
  const words = text.split(/\s+/).filter((word) => word !== "");
  return words.length === 0 ? [["space"]] : words.map(chord);
};
