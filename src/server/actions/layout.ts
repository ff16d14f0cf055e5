/** The keyboard that the computer's X server has: pc105, US. Each pair is one key, alone and with Shift. */
const PAIRS = "`~ 1! 2@ 3# 4$ 5% 6^ 7& 8* 9( 0) -_ =+ [{ ]} \\| ;: '\" ,< .> /?".split(" ");

/** A character's key: its keysym is `plain` alone and `shifted` with Shift, and `shift` says which of the two the character is. */
export interface CharacterKey {
  plain: number;
  shifted: number;
  shift: boolean;
}

const KEYS = new Map<string, CharacterKey>([[" ", { plain: 0x20, shifted: 0x20, shift: false }]]);
const add = (plainChar: string, shiftedChar: string) => {
  // In ASCII a keysym is the character's code.
  const [plain, shifted] = [plainChar.charCodeAt(0), shiftedChar.charCodeAt(0)];
  KEYS.set(plainChar, { plain, shifted, shift: false });
  KEYS.set(shiftedChar, { plain, shifted, shift: true });
};
for (const pair of PAIRS) add(pair[0]!, pair[1]!);
for (const letter of "abcdefghijklmnopqrstuvwxyz") add(letter, letter.toUpperCase());

/** The key that makes a character, or undefined when the keyboard has none. */
export const characterKey = (character: string): CharacterKey | undefined => KEYS.get(character);

export const isLetter = (character: string): boolean => /^[a-z]$/i.test(character);
