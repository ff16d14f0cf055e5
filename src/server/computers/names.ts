import { randomBytes, randomInt } from "node:crypto";

const SCIENTISTS = (
  "agnesi archimedes babbage bardeen bell bohr boole borg bose brahmagupta burnell carson cartwright chandrasekhar chatelet clarke cori curie " +
  "darwin diffie dijkstra dirac easley einstein elion engelbart euclid euler faraday fermat fermi feynman franklin galileo galois gauss germain " +
  "goldberg hamilton hawking heisenberg hellman hermann hertz hodgkin hopper hypatia jackson jemison johnson kare keller kepler khayyam " +
  "kirch knuth kovalevskaya lamarr lamport leakey leavitt lovelace lumiere mahavira maxwell mayer mccarthy mcclintock meitner mendel mendeleev " +
  "mirzakhani moore morse newton nightingale nobel noether pascal pasteur payne perlman pike poincare ptolemy raman ramanujan ride ritchie " +
  "rosalind rubin saha sammet shannon shirley sinoussi snyder swartz tesla thompson torvalds turing vaughan villani volhard wescoff wiles " +
  "williams wilson wozniak wright yalow yonath"
).split(" ");

/** A name nobody has yet: a scientist's, with digits once the plain ones get scarce. */
export const generateName = (isTaken: (name: string) => boolean): string => {
  for (let attempt = 0; ; attempt++) {
    const base = SCIENTISTS[randomInt(SCIENTISTS.length)] as string;
    const name = attempt < 8 ? base : `${base}-${randomInt(10 ** Math.min(4 + attempt, 9))}`;
    if (!isTaken(name)) return name;
  }
};

const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";

/** `<prefix>_` and 12 random characters (60 bits). */
export const generateId = (prefix: string): string => `${prefix}_${Array.from(randomBytes(12), (byte) => ALPHABET[byte & 31]).join("")}`;
