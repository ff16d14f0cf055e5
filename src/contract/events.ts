import { z } from "zod";

/** What happens to a computer, or to the service: type -> what it says and what its `data` holds. The one registry of the timeline. */
export const EVENTS = {
  audit:
    "A power was used, or its use refused: {action: a call's operationId, cdp, display, terminal, or refused; path: the ids in its path; made: ids of what it made; of what was refused code, claim: whose it said it was, address}. Never queries or bodies",
  "computer.status":
    "The computer's status changed: {status, previous, name? and template? of a new one, start_kind? of one that runs, ready_ms? of one that has just been started and claimed? of one that had waited, reason? of a failure}",
  "computer.progress":
    "What the computer waits for gets on, like the building of its image or template: {step, message, percent?}; not each of its lines",
  "restore.failed":
    "A saved state could not be used, so the computer is had a slower way: {kind, reason}; kind is claimed (it had waited), restored or resumed",
  "browser.crashed":
    "Chromium ended by itself: {status, starts}; status is what is being done about it: starting, ready (again), or failed",
  "display.crashed": "The X server ended by itself and is started again; what was on the screen is gone: {}",
  "window_manager.crashed": "The window manager ended by itself and is started again: {}",
  "agent.restarted": "The agent in the guest ended by itself and is back; calls that were under way failed: {}",
  "guest.unresponsive": "The guest has said nothing for a minute: it is frozen, or far too busy: {}",
  "guest.responsive": "The guest answers again: {}",
  "machine.blocked": "The host's disk is full, and the computer wrote to its own: it stands still until there is room: {}",
  "machine.unblocked": "There is room on the host's disk, and the computer goes on: {}",
  "disk.low": "The disk of the data directory has less free than the reserve: {free_mb, reserve_mb}",
  "disk.ok": "It has the reserve free again: {free_mb, reserve_mb}",
  "page.navigated":
    "A tab went to a page: {url, title?, count?}; url without user, query and fragment, null of further ones, too many to be told one by one; no title in which what was left out is found; how often, where it was again and again",
  "page.console":
    "An error or a warning of a page's console: {level: error or warning, text, url?, line?, count?}; addresses as above, the text cut. Exceptions that nobody caught are told while a CDP client has Runtime enabled",
  "download.started": "The browser began to download: {name, url?, count?}; name is the suggested one",
  "download.finished":
    "A download ended: {name, url?, size_bytes, status: completed or canceled, count?}; name is the file's in the download folder",
  exec: "A command ended: {program, user, exit_code, signal, timed_out, duration_ms}, or {program, user, error} when its end is not known",
  "process.started": "A background process began: {pid, program, user}",
  "process.signalled": "A background process was sent a signal: {pid, signal}",
  action:
    "An action was done: {action, title?, ok, error?, picture_id?}; what is typed or copied is not told. Of several actions with one picture, it shows what the last of them left",
  "file.written":
    "A file or, with `archive`, a folder was written through the API: {path, size_bytes?, archive?}; size_bytes as the client announced it",
  "file.deleted": "A file or folder was deleted through the API: {path}",
  "file.moved": "A file or folder was moved through the API: {from, to}",
  "snapshot.created": "What /home/ohm is was kept: {snapshot_id, name, size_bytes}",
  "snapshot.deleted": "A snapshot was deleted: {snapshot_id}",
  "snapshot.restored": "/home/ohm was made what it was: {snapshot_id}",
  "profile.saved": "What the browser knows was kept as its profile: {profile, size_bytes}",
  "profile.failed": "A profile could not be kept; it is what it was before: {profile, reason}",
  "recording.started": "A recording has its first picture: {recording_id, automatic}",
  "recording.ended":
    "A recording's video is ready, or cannot be had: {recording_id, status, end_reason, duration_s, size_bytes, dropped_frames}",
  "viewer.joined": "Somebody opened the display: {power, viewers}; viewers is how many there are now",
  "viewer.left": "Somebody closed the display: {power, viewers}",
  "cdp.connected": "A program connected to the browser: {}",
  "cdp.disconnected": "A program's connection to the browser ended: {}",
  "terminal.opened": "Somebody attached to a terminal: {terminal_id}",
  "terminal.closed": "Somebody left a terminal, or what ran on it ended: {terminal_id, exit_code? and signal? of what ended}",
  "control.taken": "Somebody drives the computer: {holder, name}",
  "control.released": "Nobody drives the computer any more: {}",
  "link.created": "A link was made: {link_id, power, port?, terminal_id?, read_only?, one_time, expires_at}",
  "link.revoked": "A link was revoked: {link_id, power, reason}",
  "link.used": "A one-time link was used: {link_id, power}",
  "port.published": "A port got a URL, or another rule of who may open it: {port, public}",
  "port.unpublished": "A port lost its URL: {port}",
  "egress.refused":
    "A connection or a DNS question was refused: {name, address, port, protocol, rule, reason}, with a count where it happened again and again",
  "webhook.disabled": "A webhook did not take an event for too long, and is sent nothing any more: {webhook_id, reason, position}",
} as const satisfies Record<string, string>;
/** Pictures that are kept of one computer's actions, the latest. */
export const MAX_ACTION_PICTURES = 200;

export type EventType = keyof typeof EVENTS;
export const EventTypes = Object.keys(EVENTS) as [EventType, ...EventType[]];

export const Event = z
  .object({
    id: z.int().describe("Grows with each event of the service; what Last-Event-ID takes"),
    at: z.iso.datetime(),
    type: z.enum(EventTypes),
    computer_id: z.string().nullable().describe("Null: an event of the service itself"),
    actor: z
      .string()
      .nullable()
      .describe(
        "Who did it: a key's or a link's id, `operator`, or a recording whose own token it was; null when nobody asked or nobody is known",
      ),
    data: z.record(z.string(), z.unknown()),
  })
  .meta({ id: "Event" });
export type Event = z.infer<typeof Event>;
