/** The pages' own paths. */

export const computerPath = (id: string): string => `/computers/${encodeURIComponent(id)}`;
/** The id in the path of a computer's page; null on every other. */
export const computerIn = (path: string): string | null => {
  const id = /^\/computers\/([^/]+)\/?$/.exec(path)?.[1];
  return id === undefined ? null : decodeURIComponent(id);
};

export const terminalPath = (id: string): string => `${computerPath(id)}/terminal`;
/** The computer of a terminal's page. */
export const computerOfTerminal = (path: string): string => decodeURIComponent(path.split("/")[2] ?? "");
