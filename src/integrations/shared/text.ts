/** How many of `bytes` fit into `limit` without a character of UTF-8 that is cut. */
export const wholeCharacters = (bytes: Buffer, limit: number): number => {
  if (bytes.length <= limit) return bytes.length;
  let end = limit;
  while (end > Math.max(0, limit - 3) && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  // An end at the beginning would never get on; nor would it be UTF-8.
  return end > 0 ? end : limit;
};
