/**
 * HTTP/2 settings of both ends. A stream that its reader leaves alone keeps at most one stream window of memory; the window of the whole connection is
 * larger, so that such streams do not hold up the others.
 */
export const LINK_SETTINGS = {
  enablePush: false,
  initialWindowSize: 1024 * 1024,
  maxConcurrentStreams: 10_000,
  maxHeaderListSize: 64 * 1024,
};
export const LINK_WINDOW = 32 * 1024 * 1024;
