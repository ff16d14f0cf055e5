import { readFileSync } from "node:fs";
import type { Capacity } from "../contract/capacity.ts";
import type { Event } from "../contract/events.ts";
import { apiKeyFile, DEFAULT_LISTEN, dataDir } from "../contract/local.ts";
import type { Usage } from "../contract/usage.ts";
import { Computers } from "./computers.ts";
import type { CallOptions } from "./deadline.ts";
import { type Engine, type LocalOptions, startEngine } from "./engine.ts";
import { type EventListOptions, type EventOptions, type EventPage, eventsPath, followEvents, listEvents } from "./events.ts";
import { Keys } from "./keys.ts";
import { Profiles } from "./profiles.ts";
import { type Recordings, recordingsOf } from "./recordings.ts";
import { httpTransport, type Transport } from "./transport.ts";
import { Webhooks } from "./webhooks.ts";

/** Where the service is, and the key for it. */
export interface VitrineOptions {
  /** Default: VITRINE_URL, else the local service. */
  url?: string;
  /** Default: VITRINE_API_KEY, else, for a service on this machine, the key in its data directory. */
  apiKey?: string;
}

const isLoopback = (url: URL): boolean => /^(localhost|.*\.localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(url.hostname);

/** The key a service on this machine keeps for its clients, if it may be read. */
const localKey = (): string | undefined => {
  try {
    return readFileSync(apiKeyFile(dataDir(process.env)), "utf8").trim() || undefined;
  } catch {
    return undefined;
  }
};

/** A Vitrine service. */
export class Vitrine {
  readonly url: string;
  readonly computers: Computers;
  /** The API keys; for the operator. */
  readonly keys: Keys;
  readonly profiles: Profiles;
  /** Where events are sent as they happen. */
  readonly webhooks: Webhooks;
  readonly #transport: Transport;

  constructor(options: VitrineOptions = {}) {
    const text = options.url ?? (process.env.VITRINE_URL || `http://${DEFAULT_LISTEN.host}:${DEFAULT_LISTEN.port}`);
    const url = URL.canParse(text) ? new URL(text) : null;
    if (!url || (url.protocol !== "http:" && url.protocol !== "https:"))
      throw new TypeError(`"${text}" is not an http or https URL of a service`);
    this.url = url.href;
    const given = options.apiKey ?? (process.env.VITRINE_API_KEY || undefined);
    // The machine's own key is for the machine's own service; it is never sent elsewhere.
    this.#transport = httpTransport(url, () => given ?? (isLoopback(url) ? localKey() : undefined));
    this.computers = new Computers(this.#transport);
    this.keys = new Keys(this.#transport);
    this.profiles = new Profiles(this.#transport);
    this.webhooks = new Webhooks(this.#transport);
  }

  /**
   * Runs the service in this process, on a free port of the loopback. Needs the package vitrine-server, Node 24 and a host that it knows; close() or
   * `await using` ends it. Errors: MissingPackageError, data_dir_in_use, setup_incomplete, timeout.
   */
  static async local(options: LocalOptions = {}): Promise<LocalVitrine> {
    return new LocalVitrine(await startEngine(options));
  }

  /** How much the host takes on, and how many more computers fit. */
  capacity(options: CallOptions = {}): Promise<Capacity> {
    return this.#transport.json({ ...options, method: "GET", path: "/v1/capacity" });
  }

  /** What each running computer uses of the host's processors and memory. */
  async usage(options: CallOptions = {}): Promise<Usage[]> {
    return (await this.#transport.json<{ data: Usage[] }>({ ...options, method: "GET", path: "/v1/usage" })).data;
  }

  /** The recordings of a computer by its id or name, also of one that was deleted. */
  recordings(idOrName: string): Recordings {
    return recordingsOf(this.#transport, idOrName);
  }

  /** What happened and what happens, to all or to one `computer` by its id or name, also to a deleted one by its id. Breaking out of the loop ends it. */
  events({ computer, ...options }: EventOptions & { computer?: string } = {}): AsyncGenerator<Event> {
    return followEvents(this.#transport, eventsPath(computer), options);
  }

  /** One page of what happened, oldest first. Errors: computer_not_found. */
  listEvents({ computer, ...options }: EventListOptions & { computer?: string } = {}): Promise<EventPage> {
    return listEvents(this.#transport, eventsPath(computer), options);
  }
}

/** A Vitrine service in this process. */
export class LocalVitrine extends Vitrine {
  readonly #engine: Engine;

  /** Vitrine.local() makes one. */
  constructor(engine: Engine) {
    super(engine);
    this.#engine = engine;
  }

  /** Suspends its computers and ends the service. start() of a computer has it go on, in the next service on the same data directory. */
  close(): Promise<void> {
    return this.#engine.close();
  }

  /** close() at the end of the block that declared it with `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
