import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { VitrineError } from "../../contract/errors.ts";
import type { TerminalExit } from "../../contract/terminals.ts";
import { audit } from "../auth/audit.ts";
import { checkOrigin } from "../auth/guards.ts";
import { hasBrowser, hasDisplay } from "../computers/record.ts";
import { type CdpPath, relayCdp } from "../relay/cdp-ws.ts";
import { relayDisplay } from "../relay/display.ts";
import { refuseUpgrade } from "../relay/refuse.ts";
import { relayTerminal } from "../relay/terminal.ts";
import { type Access, admitToComputer } from "./access.ts";
import type { Context } from "./context.ts";
import { toVitrineError } from "./errors.ts";
import type { OpenRelays } from "./relays.ts";

type Target = { id: string } & ({ kind: "cdp"; path: CdpPath } | { kind: "display" } | { kind: "terminal"; terminal: string });

/** What an upgrade request asks for, by its path alone; null for what is not served. */
const targetOf = (url: string): Target | null => {
  const path = url.split("?", 1)[0] ?? "";
  const match = /^\/v1\/computers\/([a-z0-9_-]{1,63})\/(cdp|display)(?:\/devtools\/(browser|page)\/([\w-]{1,64}))?\/?$/.exec(path);
  const [, id, kind, targetKind, target] = match ?? [];
  const [, of, terminal] = /^\/v1\/computers\/([a-z0-9_-]{1,63})\/terminals\/(\w{1,32})$/.exec(path) ?? [];
  if (of !== undefined && terminal !== undefined) return { id: of, kind: "terminal", terminal };
  if (id === undefined) return null;
  if (kind === "display") return targetKind === undefined ? { id, kind: "display" } : null;
  return { id, kind: "cdp", path: target === undefined ? "browser" : { kind: targetKind as "browser" | "page", target } };
};

/** What the caller must be allowed, the computer's use, and what a stopped computer's refusal names. */
const NEEDS = {
  cdp: { power: "cdp", hold: "cdp", verb: "CDP" },
  display: { power: "view", hold: "viewer", verb: "the display" },
  terminal: { power: "terminal", hold: "terminal", verb: "a terminal" },
} as const;

/** Relays until one side ends it. What is refused after the link was found good is answered by the relay itself, or thrown. */
export const relayTo = async (
  context: Context,
  relays: OpenRelays,
  { record, caller, computers, link, power, used }: Omit<Access, "failed">,
  target: Target,
  upgrade: { request: IncomingMessage; socket: Duplex; head: Buffer; requestId: string },
): Promise<void> => {
  if (target.kind === "cdp" && !hasBrowser(record)) throw new VitrineError("no_browser");
  if (target.kind === "display" && !hasDisplay(record)) throw new VitrineError("no_display");
  const { live } = computers.running(record.id, NEEDS[target.kind].verb);
  const { signal, release } = relays.add({ kind: target.kind, computerId: record.id, link, caller, socket: true });
  audit(context.emit, caller, { action: target.kind, computerId: record.id });
  const idle = live.activity.hold(NEEDS[target.kind].hold);
  const common = { ...upgrade, guest: live.guest, signal, limits: context.limits };
  try {
    const event = { computer_id: record.id, actor: caller.id };
    if (target.kind === "cdp") {
      const onOpen = () => {
        used();
        context.emit({ ...event, type: "cdp.connected" });
      };
      let hearing: (() => void) | undefined;
      const onRuntime = () => {
        hearing ??= live.watch?.hearExceptions();
      };
      const onClose = () => {
        hearing?.();
        context.emit({ ...event, type: "cdp.disconnected" });
      };
      await relayCdp({ ...common, path: target.path, ready: live.watch?.begun, onOpen, onRuntime, onClose });
    } else if (target.kind === "terminal") {
      const data = { terminal_id: target.terminal };
      const onOpen = () => {
        used();
        context.emit({ ...event, type: "terminal.opened", data });
      };
      const onClose = (exit: TerminalExit | null) => {
        const how = exit && { exit_code: exit.exit_code, signal: exit.signal };
        context.emit({ ...event, type: "terminal.closed", data: { ...data, ...how } });
      };
      await relayTerminal({ ...common, terminalId: target.terminal, onOpen, onClose });
    } else {
      let leave = () => {};
      const tell = (type: "viewer.joined" | "viewer.left") =>
        context.emit({ ...event, type, data: { power, viewers: context.viewers.count(record.id) } });
      const onOpen = () => {
        used();
        leave = context.viewers.enter(record.id);
        tell("viewer.joined");
      };
      const onClose = () => {
        leave();
        tell("viewer.left");
      };
      await relayDisplay({ ...common, viewOnly: power !== "control", onOpen, onClose });
    }
  } finally {
    idle();
    release();
  }
};

/** Serves WebSocket upgrades: path, Host, Origin and token are checked before anything is relayed. */
export const upgrades =
  (context: Context, relays: OpenRelays) =>
  async (request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> => {
    const requestId = randomUUID();
    try {
      checkOrigin(request, context.allowedHosts);
      const target = targetOf(request.url ?? "");
      if (!target)
        throw new VitrineError("route_not_found", { method: "a WebSocket to", path: (request.url ?? "").split("?", 1)[0]?.slice(0, 200) });
      const access = admitToComputer(context, request, {
        idOrName: target.id,
        power: NEEDS[target.kind].power,
        ...(target.kind === "terminal" && { terminal: target.terminal }),
      });
      try {
        await relayTo(context, relays, access, target, { request, socket, head, requestId });
      } finally {
        // Unless it was opened.
        access.failed();
      }
    } catch (error) {
      refuseUpgrade(socket, toVitrineError(error, requestId), requestId);
    }
  };
