/** What an address bar makes of a text: without a scheme, https. A port is no scheme (`localhost:8080`). */
export const address = (text: string): string => {
  const trimmed = text.trim();
  return /^[a-z][a-z0-9+.-]*:(?!\d+(\/|$))/i.test(trimmed) ? trimmed : `https://${trimmed}`;
};
