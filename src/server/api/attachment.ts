import type { Response } from "express";

/** Says what comes out of a guest: a file to be saved, never rendered on the service's own origin. */
export const attachment = (response: Response, type: string, name: string): void => {
  response.setHeader("Content-Type", type);
  response.setHeader("Content-Disposition", `attachment; filename*=UTF-8''${encodeURIComponent(name)}`);
  response.setHeader("X-Content-Type-Options", "nosniff");
};
