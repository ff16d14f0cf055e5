import { once } from "node:events";
import type { LinkAddress } from "../machine/machine.ts";
import { call } from "./call.ts";
import { serveConnections } from "./connections.ts";
import { exec, execFrames } from "./exec.ts";
import { stateFeed } from "./feed.ts";
import { fileCalls } from "./files.ts";
import type { Guest } from "./guest.ts";
import { type GuestLog, openLink } from "./link.ts";
import { processCalls } from "./processes.ts";
import { profileCalls } from "./profile.ts";
import { tunnel } from "./tunnel.ts";

export interface GuestOptions {
  link: LinkAddress;
  /** The computer's own secret, from its BootConfig. */
  secret: string;
  log?: GuestLog;
}

/** The host end of a computer's guest link. Nothing is connected until the first use. */
export const openGuest = ({ link: address, secret, log = () => {} }: GuestOptions): Guest => {
  const link = openLink(address, secret, log);
  const feed = stateFeed(link, log);
  return {
    get state() {
      return feed.state;
    },
    onState: feed.onState,
    waitFor: feed.waitFor,
    configure: (settings, signal) => call(link, { method: "POST", path: "/configure", json: settings, signal }),
    standby: async (alone, signal) => {
      const session = await link.session(signal);
      const closed = alone ? once(session, "close", { signal }) : null;
      await call(link, { method: "POST", path: "/standby", query: { alone: alone ? 1 : undefined }, signal });
      await closed;
    },
    renew: async (make, signal) => {
      // It tells the time, so it is made when it can be sent.
      await link.session(signal);
      const renewal = make();
      await call(link, { method: "POST", path: "/renew", json: renewal, signal });
      link.become(renewal.secret);
    },
    holdWorkspace: (hold, signal) => call(link, { method: "POST", path: "/workspace", json: { hold }, signal }),
    powerOff: (signal) => call(link, { method: "POST", path: "/power", json: { action: "off" }, signal }),
    get alive() {
      return link.alive;
    },
    hold: link.hold,
    onPulse: link.onPulse,
    onPing: link.onPing,
    exec: (spec, signal) => exec(link, spec, signal),
    execStream: (spec, signal) => execFrames(link, spec, signal),
    ...processCalls(link),
    ...fileCalls(link),
    ...profileCalls(link),
    connect: (port, signal) => tunnel(link, address, port, signal),
    serveConnections: (outside) => serveConnections(link, log, outside),
    close: link.close,
  };
};
