export type {
  Action,
  ActionInput,
  ActionResult,
  ActionsAnswer,
  ActionType,
  Button,
  Dialect,
  ImageFormat,
  Picture,
  Region,
  Tab,
} from "../contract/actions.ts";
export type { Capacity } from "../contract/capacity.ts";
export type {
  Computer as ComputerRecord,
  CreateComputerInput,
  Status,
  TemplateName,
  Viewport,
} from "../contract/computer.ts";
export type { Control, Holder, TakeControl } from "../contract/control.ts";
export { type ErrorBody, type ErrorCode, VitrineError } from "../contract/errors.ts";
export type { Event, EventType } from "../contract/events.ts";
export type { Download, ExecResult, FileStat, ProcessInfo, SignalName, StartProcess } from "../contract/exec.ts";
export type { CreatedKey, CreateKeyInput, Key } from "../contract/keys.ts";
export type { CreateLinkInput, Link, LinkInfo, Power } from "../contract/links.ts";
export type { LogSource } from "../contract/log-sources.ts";
export type { Network, NetworkPolicy, NetworkTrial, PatchNetworkInput } from "../contract/network.ts";
export type { PortState, PublishedPort } from "../contract/ports.ts";
export type { Profile } from "../contract/profiles.ts";
export type { Recording, RecordingStatus, StartRecordingInput } from "../contract/recordings.ts";
export type { CreateSnapshot, Snapshot } from "../contract/snapshots.ts";
export type { CreateTerminalInput } from "../contract/terminals.ts";
export type { Usage } from "../contract/usage.ts";
export type { CreatedWebhook, CreateWebhookInput, Webhook } from "../contract/webhooks.ts";
export { type ActOptions, Computer, type ExecOptions } from "./computer.ts";
export type { Computers, CreateOptions, ListOptions, Page } from "./computers.ts";
export type { CallOptions } from "./deadline.ts";
export type { Downloads } from "./downloads.ts";
export type { Egress } from "./egress.ts";
export type { Engine, LocalOptions } from "./engine.ts";
export { ConnectionError, MissingPackageError, UnexpectedAnswerError } from "./errors.ts";
export type { EventListOptions, EventOptions, EventPage } from "./events.ts";
export type { Content, Files, ReadOptions } from "./files.ts";
export type { Keys } from "./keys.ts";
export type { Links } from "./links.ts";
export type { Exit, OutputEvent } from "./output.ts";
export type { PlaywrightBrowser, PlaywrightOptions, PuppeteerBrowser, PuppeteerOptions } from "./peers.ts";
export type { Ports } from "./ports.ts";
export type { Processes, ProcessInput } from "./processes.ts";
export type { ProfileOptions, Profiles } from "./profiles.ts";
export type { Recordings } from "./recordings.ts";
export type { Screenshot, ScreenshotOptions } from "./screenshot.ts";
export type { Snapshots } from "./snapshots.ts";
export type { Terminal, TerminalExit } from "./terminal.ts";
export type { CreatedTerminal, TerminalInfo, Terminals } from "./terminals.ts";
export { LocalVitrine, Vitrine, type VitrineOptions } from "./vitrine.ts";
export type { Webhooks } from "./webhooks.ts";
export type { Workspace } from "./workspace.ts";
