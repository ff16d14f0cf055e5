import type { ActionInput, ActionsAnswer, Dialect, PerformActionsInput } from "../contract/actions.ts";
import type { Computer as ComputerRecord } from "../contract/computer.ts";
import type { Control, TakeControl } from "../contract/control.ts";
import { VitrineError } from "../contract/errors.ts";
import type { Event } from "../contract/events.ts";
import type { ExecRequestInput, ExecResult } from "../contract/exec.ts";
import type { LogSource } from "../contract/log-sources.ts";
import { type CallOptions, DEFAULT_TIMEOUT_MS, MACHINE_TIMEOUT_MS, within } from "./deadline.ts";
import { Downloads } from "./downloads.ts";
import { Egress } from "./egress.ts";
import { type EventListOptions, type EventOptions, type EventPage, eventsPath, followEvents, listEvents } from "./events.ts";
import { Files } from "./files.ts";
import { Links } from "./links.ts";
import { type OutputEvent, outputEvents } from "./output.ts";
import { loadPeer, type PlaywrightBrowser, type PlaywrightOptions, type PuppeteerBrowser, type PuppeteerOptions } from "./peers.ts";
import { Ports } from "./ports.ts";
import { Processes } from "./processes.ts";
import { type Recordings, recordingsOf } from "./recordings.ts";
import { type Screenshot, type ScreenshotOptions, takeScreenshot } from "./screenshot.ts";
import { Snapshots } from "./snapshots.ts";
import { Terminals } from "./terminals.ts";
import type { Transport } from "./transport.ts";
import { Workspace } from "./workspace.ts";

/** How a command runs, but for the command. */
export type ExecOptions = CallOptions & Omit<ExecRequestInput, "command" | "argv">;

/** How a batch of actions is done. */
export type ActOptions = CallOptions & Pick<PerformActionsInput, "screenshot" | "if_controlled">;
/** A batch may ask for ten minutes of waiting, and wait for others before it. */
const ACT_TIMEOUT_MS = 20 * 60_000;

/** Beyond the command's own timeout. */
const EXEC_GRACE_MS = 30_000;

const execBody = (command: string | readonly string[], fields: Omit<ExecOptions, keyof CallOptions>) => ({
  json: { ...fields, ...(typeof command === "string" ? { command } : { argv: command }) },
});

// The constructor assigns every property of the record.
export interface Computer extends ComputerRecord {}

/** One computer: its record as last seen (refresh() looks again), and what can be done with it. */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the interface is the record, which the constructor assigns.
export class Computer {
  readonly #transport: Transport;
  readonly #path: string;

  constructor(transport: Transport, record: ComputerRecord) {
    Object.assign(this, record);
    this.#transport = transport;
    this.#path = `/v1/computers/${record.id}`;
  }

  /** Its files. */
  get files(): Files {
    return new Files(this.#transport, `${this.#path}/files`);
  }

  /** What its browser downloaded. */
  get downloads(): Downloads {
    return new Downloads(this.#transport, `${this.#path}/downloads`);
  }

  /** Makes and finds the videos of its screen; `recordings` has their ids. */
  get recorder(): Recordings {
    return recordingsOf(this.#transport, this.id);
  }

  /** Changes what it reaches of the network, and counts what went where; `network` has the policy as last seen. */
  get egress(): Egress {
    return new Egress(this.#transport, `${this.#path}/network`);
  }

  /** The snapshots of its workspace. */
  get snapshots(): Snapshots {
    return new Snapshots(this.#transport, `${this.#path}/snapshots`, (record) => Object.assign(this, record));
  }

  /** Its workspace as a whole. */
  get workspace(): Workspace {
    return new Workspace(this.#transport, `${this.#path}/workspace`);
  }

  /** Its background processes. */
  get processes(): Processes {
    return new Processes(this.#transport, `${this.#path}/processes`);
  }

  /** The URLs in this record are links, too; `links.renew()` changes them. */
  get links(): Links {
    return new Links(this.#transport, `${this.#path}/links`, (record) => Object.assign(this, record));
  }

  /** Shells and other programs on a terminal, to attach to, leave and come back to. */
  get terminals(): Terminals {
    return new Terminals(this.#transport, `${this.#path}/terminals`);
  }

  /** Its published ports. */
  get ports(): Ports {
    return new Ports(this.#transport, `${this.#path}/published-ports`);
  }

  async #become(record: Promise<ComputerRecord>): Promise<this> {
    return Object.assign(this, await record);
  }

  /** Looks at the record again. Errors: computer_not_found. */
  async refresh(options: CallOptions = {}): Promise<this> {
    return this.#become(this.#transport.json({ ...options, method: "GET", path: this.#path }));
  }

  /** Stops; `suspend`, the default, keeps memory and files, `shutdown` the files alone. Errors: wrong_state, machine_failed. */
  async stop(options: CallOptions & { mode?: "suspend" | "shutdown" } = {}): Promise<this> {
    const { mode, timeoutMs = MACHINE_TIMEOUT_MS, signal } = options;
    const body = { json: { ...(mode && { mode }) } };
    return this.#become(this.#transport.json({ timeoutMs, signal, method: "POST", path: `${this.#path}/stop`, body }));
  }

  /** Starts a stopped computer, or one in error; a suspended one goes on where it was. Resolves when it is running and whole. */
  async start(options: CallOptions = {}): Promise<this> {
    const { timeoutMs = MACHINE_TIMEOUT_MS, signal } = options;
    return this.#become(this.#transport.json({ timeoutMs, signal, method: "POST", path: `${this.#path}/start` }));
  }

  /** Copies of it as it is now, logins included, each with its own identity: all that were asked for, or none. Errors: wrong_state, name_taken, capacity_exceeded. */
  async fork(options: CallOptions & { count?: number; name?: string } = {}): Promise<Computer[]> {
    const { count, name, timeoutMs = MACHINE_TIMEOUT_MS, signal } = options;
    const body = { json: { ...(count !== undefined && { count }), ...(name !== undefined && { name }) } };
    const answer = await this.#transport.json<{ data: ComputerRecord[] }>({
      timeoutMs,
      signal,
      method: "POST",
      path: `${this.#path}/fork`,
      body,
    });
    return answer.data.map((record) => new Computer(this.#transport, record));
  }

  /** Deletes it and all it has. Repeating it is a success. */
  async delete(options: CallOptions = {}): Promise<void> {
    const { timeoutMs = MACHINE_TIMEOUT_MS, signal } = options;
    await this.#transport.json({ timeoutMs, signal, method: "DELETE", path: this.#path });
  }

  /**
   * Runs a command to its end: text goes to `bash -lc`, a list is run as it is. A command that fails or times out is a result, not an error.
   * Aborting kills it. Errors: wrong_state, guest_unreachable, guest_link_lost.
   */
  async exec(command: string | readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
    const { signal, timeoutMs = (options.timeout_s ?? 30) * 1000 + EXEC_GRACE_MS, ...fields } = options;
    return this.#transport.json({ signal, timeoutMs, method: "POST", path: `${this.#path}/exec`, body: execBody(command, fields) });
  }

  /** Runs a command and gives its output as it comes; leaving the loop kills it. */
  async *execStream(command: string | readonly string[], options: ExecOptions = {}): AsyncGenerator<OutputEvent> {
    const { signal, timeoutMs, ...fields } = options;
    const path = `${this.#path}/exec/stream`;
    const body = await this.#transport.stream({ signal, timeoutMs, method: "POST", path, body: execBody(command, fields) });
    yield* outputEvents(path, body);
  }

  /** The screen as an image, PNG unless `format` says otherwise. Errors: no_display, wrong_state, display_unavailable. */
  async screenshot(options: ScreenshotOptions = {}): Promise<Buffer> {
    const picture = await takeScreenshot(this.#transport, `${this.#path}/screenshot`, options);
    // Nothing but a hash that we gave could be answered with nothing.
    return picture!.data;
  }

  /** The screen with its hash, or null when it still is the picture with the hash that is given. Errors as of screenshot(). */
  async screenshotIfChanged(hash: string | undefined, options: ScreenshotOptions = {}): Promise<Screenshot | null> {
    return takeScreenshot(this.#transport, `${this.#path}/screenshot`, options, hash);
  }

  /**
   * Uses the computer: a batch of actions that stops at its first failure, which is a result and not an error. Invalid input anywhere: nothing is
   * done. With `dialect`, takes a model's blocks as they came and answers what the model expects. Errors: invalid_request, no_display, controlled.
   */
  async act(actions: readonly ActionInput[], options?: ActOptions): Promise<ActionsAnswer>;
  async act(blocks: unknown, options: ActOptions & { dialect: Dialect }): Promise<unknown>;
  async act(actions: unknown, options: ActOptions & { dialect?: Dialect } = {}): Promise<unknown> {
    const { signal, timeoutMs = ACT_TIMEOUT_MS, ...fields } = options;
    // A vendor's object has its own fields; lists go where ours are.
    const body = { json: Array.isArray(actions) ? { ...fields, actions } : { ...fields, ...(actions as object) } };
    return this.#transport.json({ signal, timeoutMs, method: "POST", path: `${this.#path}/actions`, body });
  }

  /** Who drives the computer. */
  async control(options: CallOptions = {}): Promise<Control> {
    return this.#transport.json({ ...options, method: "GET", path: `${this.#path}/control` });
  }

  /** Takes the computer: a person from anyone, an agent from nobody but itself. Errors: controlled. */
  async takeControl({
    signal,
    timeoutMs,
    ...fields
  }: CallOptions & Pick<TakeControl, "holder" | "name"> & { ttl_s?: number }): Promise<Control> {
    const body = { json: fields };
    return this.#transport.json({ signal, timeoutMs, method: "POST", path: `${this.#path}/control`, body });
  }

  /** Lets go of the computer, whoever drives. */
  async releaseControl(options: CallOptions = {}): Promise<Control> {
    return this.#transport.json({ ...options, method: "DELETE", path: `${this.#path}/control` });
  }

  /** What happened to it and what happens, until it is deleted. `after` with the id of an event goes on after that one. */
  events(options: EventOptions = {}): AsyncGenerator<Event> {
    return followEvents(this.#transport, eventsPath(this.id), options);
  }

  /** The screen as an action left it, a small WebP, by the `picture_id` of its event. Errors: picture_not_found. */
  async actionPicture(pictureId: string, options: CallOptions = {}): Promise<Buffer> {
    const path = `${this.#path}/pictures/${encodeURIComponent(pictureId)}`;
    return (await this.#transport.whole({ ...options, method: "GET", path })).bytes;
  }

  /** One page of what happened to it, oldest first. */
  listEvents(options: EventListOptions = {}): Promise<EventPage> {
    return listEvents(this.#transport, eventsPath(this.id), options);
  }

  /** The end of its console, or of the log of a service in it; 64 KiB unless told otherwise. Errors: wrong_state, file_not_found for a service that it lacks. */
  async logs(source: LogSource = "console", { tailBytes, ...call }: CallOptions & { tailBytes?: number } = {}): Promise<string> {
    const query = { source, tail_bytes: tailBytes };
    return String((await this.#transport.whole({ ...call, method: "GET", path: `${this.#path}/logs`, query })).bytes);
  }

  /**
   * Playwright's Browser over CDP; needs the package playwright-core. close() of it ends the connection, not the computer. Errors: no_browser,
   * wrong_state, timeout, MissingPackageError.
   */
  async connectPlaywright(options: CallOptions & PlaywrightOptions = {}): Promise<PlaywrightBrowser> {
    const { signal, timeout = DEFAULT_TIMEOUT_MS, timeoutMs = timeout, ...given } = options;
    const url = this.#browserUrl(this.cdp_url);
    const { chromium } = await loadPeer("playwright-core", () => import("playwright-core"));
    const connect = () => chromium.connectOverCDP(url, { ...given, timeout: timeoutMs });
    return within("Playwright's connection to Chromium", { signal, timeoutMs }, connect, (browser) => browser.close());
  }

  /**
   * Puppeteer's Browser; needs the package puppeteer-core. Pages have the size of the window unless `defaultViewport` says otherwise.
   * disconnect() of it ends the connection, close() ends Chromium, which the computer then starts again. Errors: no_browser, wrong_state, timeout,
   * MissingPackageError.
   */
  async connectPuppeteer(options: CallOptions & PuppeteerOptions = {}): Promise<PuppeteerBrowser> {
    const { signal, timeoutMs, ...given } = options;
    const browserWSEndpoint = this.#browserUrl(this.cdp_ws_url);
    const { default: puppeteer } = await loadPeer("puppeteer-core", () => import("puppeteer-core"));
    const connect = () => puppeteer.connect({ defaultViewport: null, ...given, browserWSEndpoint });
    return within("Puppeteer's connection to Chromium", { signal, timeoutMs }, connect, (browser) => browser.disconnect());
  }

  #browserUrl(url: string | null): string {
    if (url) return url;
    throw new VitrineError(this.browser ? "wrong_state" : "no_browser", { status: this.status, verb: "connect", needs: "running" });
  }

  /** Deletes it at the end of the block that declared it with `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.delete();
  }
}
