import type { Event, EventType } from "../../contract/events.ts";
import { size } from "./time.ts";

type Data = Event["data"];
type Words = (data: Data) => string;

const seconds = (ms: unknown): string => `${(Number(ms) / 1000).toFixed(1)} s`;
const because = (reason: unknown): string => (reason === undefined || reason === null ? "" : `: ${reason}`);
const times = (count: unknown): string => (Number(count) > 1 ? ` (${count} times)` : "");
const exitOf = ({ exit_code, signal, timed_out, error }: Data): string => {
  if (error) return `failed: ${error}`;
  if (timed_out) return "ran out of time";
  return signal ? `was ended by ${signal}` : `ended with ${exit_code}`;
};

/** Each event in words for the timeline. */
const WORDS: Record<EventType, Words> = {
  audit: ({ action }) => `${action} was called`,
  "computer.status": ({ status, reason, ready_ms }) =>
    `Is ${status}${ready_ms ? `, ready after ${seconds(ready_ms)}` : ""}${because(reason)}`,
  "computer.progress": ({ message, percent }) => `${message}${percent === undefined ? "" : ` (${Math.round(Number(percent))} %)`}`,
  "restore.failed": ({ reason }) => `Could not be restored, so it is had a slower way${because(reason)}`,
  "browser.crashed": ({ status }) => `Chromium crashed; it is ${status}`,
  "display.crashed": () => "The display crashed and is started again",
  "window_manager.crashed": () => "The window manager crashed and is started again",
  "agent.restarted": () => "The agent in the computer crashed and is back",
  "guest.unresponsive": () => "The computer has said nothing for a minute",
  "guest.responsive": () => "The computer answers again",
  "machine.blocked": () => "Stands still: the host's disk is full",
  "machine.unblocked": () => "Goes on: there is room on the host's disk",
  "disk.low": () => "The host's disk runs full",
  "disk.ok": () => "There is room on the host's disk again",
  "page.navigated": ({ url, title, count }) =>
    url ? `Went to ${title ? `“${title}”, ` : ""}${url}${times(count)}` : `${title}${times(count)}`,
  "page.console": ({ level, text, url, line, count }) =>
    `${level === "error" ? "Error" : "Warning"} in the console: ${text}${url ? ` (${url}${line ? `:${line}` : ""})` : ""}${times(count)}`,
  "download.started": ({ name, url, count }) =>
    `${name ? `A download of ${name} began` : "Further downloads began"}${url ? `, from ${url}` : ""}${times(count)}`,
  "download.finished": ({ name, status, size_bytes, count }) =>
    `${name ? `The download of ${name}` : "Further downloads"} ${status === "canceled" ? "was broken off" : "ended"}${
      size_bytes === undefined || status === "canceled" ? "" : `, ${size(Number(size_bytes))}`
    }${times(count)}`,
  exec: ({ program, duration_ms, ...data }) =>
    `${program} ${exitOf(data)}${duration_ms === undefined ? "" : ` after ${seconds(duration_ms)}`}`,
  "process.started": ({ program }) => `${program} runs in the background`,
  "process.signalled": ({ pid, signal }) => `Process ${pid} was sent ${signal}`,
  action: ({ title, action, ok, error }) =>
    `${title ?? action}${ok ? "" : ` failed${because((error as { message?: string })?.message ?? error)}`}`,
  "file.written": ({ path, size_bytes }) => `${path} was written${size_bytes === undefined ? "" : `, ${size(Number(size_bytes))}`}`,
  "file.deleted": ({ path }) => `${path} was deleted`,
  "file.moved": ({ from, to }) => `${from} was moved to ${to}`,
  "snapshot.created": ({ snapshot_id, name }) => `Snapshot ${name ?? snapshot_id} was taken`,
  "snapshot.deleted": ({ snapshot_id }) => `Snapshot ${snapshot_id} was deleted`,
  "snapshot.restored": ({ snapshot_id }) => `Files are again as in snapshot ${snapshot_id}`,
  "profile.saved": ({ profile }) => `The browser's profile ${profile} was kept`,
  "profile.failed": ({ profile, reason }) => `The browser's profile ${profile} could not be kept${because(reason)}`,
  "recording.started": () => "A recording began",
  "recording.ended": ({ status, end_reason }) => `A recording ended (${end_reason}); it is ${status}`,
  "viewer.joined": ({ power }) => `Somebody watches${power === "control" ? " and may drive" : ""}`,
  "viewer.left": () => "Somebody stopped watching",
  "cdp.connected": () => "A program connected to the browser",
  "cdp.disconnected": () => "A program left the browser",
  "terminal.opened": () => "Somebody is at a terminal",
  "terminal.closed": () => "Somebody left a terminal",
  "control.taken": ({ holder, name }) => `${name ?? (holder === "person" ? "A person" : "An agent")} drives`,
  "control.released": () => "Nobody drives any more",
  "link.created": ({ power }) => `A link was made (${power})`,
  "link.revoked": ({ power, reason }) => `A link was revoked (${power})${because(reason === "revoked" ? null : reason)}`,
  "link.used": ({ power }) => `A one-time link was used (${power})`,
  "port.published": ({ port, public: open }) => `Port ${port} was published${open ? " to everybody" : ""}`,
  "port.unpublished": ({ port }) => `Port ${port} is not published any more`,
  "egress.refused": ({ name, address, port, protocol, reason, count }) =>
    `${protocol === "dns" ? `The question for ${name}` : `A connection to ${name ?? address}${port ? `:${port}` : ""}`} was refused${because(reason)}${times(count)}`,
  "webhook.disabled": ({ reason }) => `A webhook is sent nothing any more${because(reason)}`,
};

/** What the timeline tells; who called what is for an auditor. */
export const TELLABLE = (Object.keys(WORDS) as EventType[]).filter((type) => type !== "audit");

export const tell = ({ type, data }: Event): string => WORDS[type](data);

const BAD: readonly EventType[] = [
  "restore.failed",
  "browser.crashed",
  "display.crashed",
  "window_manager.crashed",
  "agent.restarted",
  "guest.unresponsive",
  "machine.blocked",
  "profile.failed",
  "egress.refused",
];
/** Whether something went wrong. */
export const isTrouble = ({ type, data }: Event): boolean =>
  BAD.includes(type) ||
  (type === "action" && data.ok === false) ||
  (type === "computer.status" && data.status === "error") ||
  (type === "page.console" && data.level === "error") ||
  (type === "download.finished" && data.status === "canceled");

/** What a reader of the timeline may want to see alone. */
export const KINDS = {
  all: "Everything",
  action: "Actions",
  exec: "Commands",
  page: "Pages",
  trouble: "Trouble",
} as const;
export type Kind = keyof typeof KINDS;

export const isOf = (event: Event, kind: Kind): boolean => {
  if (kind === "all") return true;
  if (kind === "trouble") return isTrouble(event);
  if (kind === "page") return event.type.startsWith("page.") || event.type.startsWith("download.");
  return kind === "action" ? event.type === "action" : event.type === "exec" || event.type.startsWith("process.");
};
