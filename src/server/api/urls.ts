import type { IncomingMessage } from "node:http";

/** `http://HOST` as the client wrote it; Host was checked by the guard. */
export const httpBase = (request: IncomingMessage): string => {
  const secure = "encrypted" in request.socket || request.headers["x-forwarded-proto"] === "https";
  return `${secure ? "https" : "http"}://${request.headers.host}`;
};

export const wsBase = (request: IncomingMessage): string => httpBase(request).replace(/^http/, "ws");

export const cdpPath = (id: string): string => `/v1/computers/${id}/cdp`;
export const displayPath = (id: string): string => `/v1/computers/${id}/display`;
export const recordingPath = (computerId: string, id: string): string => `/v1/computers/${computerId}/recordings/${id}`;
export const recordingPagePath = (id: string): string => `/recordings/${id}`;
export const livePath = (id: string): string => `/live/${id}`;
