import { mkdirSync, readFileSync } from "node:fs";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type Logger, pino } from "pino";
import { VitrineError } from "../contract/errors.ts";
import { NetworkPolicy } from "../contract/network.ts";
import { createAlbum } from "./actions/album.ts";
import { ControlLocks } from "./actions/control.ts";
import { describeAction } from "./actions/describe.ts";
import { dialects } from "./actions/dialects/index.ts";
import { createActions } from "./actions/perform.ts";
import { createShots } from "./actions/shots.ts";
import { createFront } from "./api/front.ts";
import { Lanes } from "./api/lanes.ts";
import { OpenRelays, RELAY_KINDS } from "./api/relays.ts";
import { Viewers } from "./api/viewers.ts";
import { watchAttempts } from "./auth/attempts.ts";
import { loadApiKey, loadSigner } from "./auth/key.ts";
import { openKeys } from "./auth/keys.ts";
import { openSessions } from "./auth/sessions.ts";
import { BrowserToolsets } from "./browser/toolset/toolsets.ts";
import { watchBrowser } from "./browser/watch.ts";
import { createCapacity } from "./capacity/capacity.ts";
import { watchDisk } from "./capacity/disk-watch.ts";
import { thisMachine } from "./capacity/resources.ts";
import { usage } from "./capacity/usage.ts";
import { claimants } from "./computers/claimants.ts";
import { computers } from "./computers/computers.ts";
import { createEngine, type Engine, ended, release } from "./computers/engine.ts";
import { generateId } from "./computers/names.ts";
import { orphan } from "./computers/orphan.ts";
import { startPool } from "./computers/pool.ts";
import { startReaper } from "./computers/reap.ts";
import { reconcile } from "./computers/reconcile.ts";
import { startSizes } from "./computers/sizes.ts";
import { suspendAll } from "./computers/suspend-all.ts";
import { sweep } from "./computers/sweep.ts";
import { connectDisplay } from "./display/connect.ts";
import { OpenDisplays } from "./display/displays.ts";
import { takePicture } from "./display/picture.ts";
import { settled } from "./display/settled.ts";
import { createDoor } from "./door/door.ts";
import { browserlessDoor } from "./doors/browserless/door.ts";
import { kernelDoor } from "./doors/kernel/door.ts";
import { openGate } from "./egress/gate.ts";
import { type Internet, realInternet } from "./egress/internet.ts";
import { bootFiles } from "./guest/boot-files.ts";
import { type Host, prepare } from "./host.ts";
import { createMetrics } from "./metrics/metrics.ts";
import { startSweeper } from "./orphans.ts";
import { type Fault, noFault } from "./points.ts";
import { openProfiles } from "./profiles/profiles.ts";
import type { Progress } from "./progress.ts";
import { realClock } from "./recordings/clock.ts";
import { recordings as createRecordings } from "./recordings/recordings.ts";
import { Semaphore } from "./semaphore.ts";
import { type Config, EVENT_DEFAULTS, RECORDING_DEFAULTS } from "./setup/config.ts";
import { ensureDashboard } from "./setup/dashboard.ts";
import { readLimits } from "./setup/limits.ts";
import { openStore, type Store } from "./store/store.ts";
import { tellBrowser } from "./timeline/browser.ts";
import { tellControl } from "./timeline/control.ts";
import { openTimeline } from "./timeline/timeline.ts";
import { openWebhooks } from "./webhooks/webhooks.ts";

/** Milliseconds that open requests, and verbs under way, get to end when the service closes. */
const CLOSE_MS = 5000;
/** Milliseconds that all computers together get to be suspended then. */
const SUSPEND_MS = 60_000;
/** How often what has no owner is looked for. Milliseconds. */
const SWEEP_MS = 10 * 60_000;
/** Milliseconds that a create or a start waits for its turn. */
const MAKE_WAIT_MS = 5 * 60_000;

export interface ServeOptions {
  log?: Logger;
  progress?: Progress;
  signal?: AbortSignal;
  /** Default: this machine, set up where something is missing. */
  host?: Host;
  /** The folder of the built dashboard; null: there is to be none. Default: built where it is not. */
  dashboard?: string | null;
  /** Default: the internet. For tests, which have none. */
  internet?: Internet;
  /** Default: no fault. */
  fault?: Fault;
  /** Milliseconds between two sweeps. Default: SWEEP_MS. */
  sweepMs?: number;
}

export interface Service {
  /** Where it listens, like http://127.0.0.1:7780. */
  url: string;
  apiKey: string;
  /** Ends the service; computers run on and are found again by the next one, unless they are to be suspended first. */
  close(how?: { suspend: boolean }): Promise<void>;
}

const version = (): string => JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")).version;

const listen = (server: Server, { host, port }: Config["listen"]): Promise<string> =>
  new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve(`http://${host.includes(":") ? `[${host}]` : host}:${(server.address() as AddressInfo).port}`);
    });
  });

const run = async (
  config: Config,
  store: Store,
  { host, dashboard }: { host: Host; dashboard: string | null },
  log: Logger,
  options: ServeOptions,
): Promise<Service> => {
  const { internet = realInternet, fault = noFault, sweepMs = SWEEP_MS } = options;
  const root = join(config.dataDir, "computers");
  // Until it listens on a free one it has none.
  let ownPort = config.listen.port || null;
  const sign = loadSigner(config.dataDir);
  const apiKey = loadApiKey(config.dataDir, config.apiKey);
  const guestSecret = (id: string) => sign("guest", id);
  const timeline = openTimeline({ store: store.events, limits: config.events ?? EVENT_DEFAULTS, log });
  const { emit } = timeline;
  const limits = { ...readLimits({}), ...config.limits };
  const meter = host.meter ?? thisMachine(config.dataDir);
  const atOnce = limits.creates || Math.max(2, meter.resources().cpus);
  const makers = new Semaphore({
    most: atOnce,
    waiting: limits.createsWaiting,
    waitMs: MAKE_WAIT_MS,
    refusal: (reason) => new VitrineError("capacity_exceeded", { reason: `of creates and starts, ${reason}` }),
  });
  const disk = watchDisk({ freeMb: () => meter.resources().diskFreeMb, reserveMb: limits.diskReserveMb });
  for (const change of ["low", "ok"] as const)
    disk.events.on(change, () => {
      emit({ type: `disk.${change}`, computer_id: null, data: disk.figures() });
      log.warn(disk.figures(), change === "low" ? "the disk of the data directory runs full" : "there is room on the disk again");
    });
  const capacity = createCapacity({ meter, rules: { ...limits, overheadMb: host.overheadMb }, claimants: () => claimants(engine), makers });
  const profiles = openProfiles({
    root: join(config.dataDir, "profiles"),
    requireDisk: () => disk.require(),
    fault,
    orphaned: (kind) => metrics.orphaned(kind),
  });
  const engine: Engine = createEngine({
    ...host,
    store,
    openGate: ({ id, spec }) =>
      openGate({
        computerId: id,
        policy: NetworkPolicy.parse(spec.network),
        proxy: spec.browser.proxy,
        internet,
        emit,
        ownPort: () => ownPort,
      }),
    openWatch: (id, guest, untouched) => {
      const warn = (error: unknown) => log.warn({ computer: id, err: error }, "a browser cannot be watched");
      const watch = watchBrowser(guest, untouched, warn);
      const end = tellBrowser(watch.news, emit, id);
      const close = () => {
        watch.close();
        end();
      };
      return { ...watch, close };
    },
    ownPort: () => ownPort,
    bootFiles: (record) => bootFiles(record, guestSecret(record.id)),
    guestSecret,
    root,
    directory: (id) => join(root, id),
    admit: ({ spec }) => capacity.admit(spec),
    makers,
    disk,
    profiles,
    emit,
    fault,
    orphaned: (kind) => metrics.orphaned(kind),
    pinged: (ms) => metrics.pinged(ms),
    log,
  });
  const relays = new OpenRelays(limits);
  const metrics = createMetrics({
    onEvent: timeline.onEvent,
    statuses: () => store.computers.living().map(({ status }) => status),
    waiting: () => engine.waiting.size,
    recordings: () => ({ statuses: store.recordings.unfinished().map(({ status }) => status), bytes: store.recordings.totalBytes() }),
    relays: () => RELAY_KINDS.map((kind) => [kind, relays.count(kind)]),
    webhooks: () => store.webhooks.list(null),
    capacity: capacity.report,
    diskLow: () => disk.low,
  });
  await reconcile(engine);
  const stopReaper = startReaper(engine);
  const pool = startPool(engine, config.pool);
  const sizes = startSizes(engine);
  // The toolset has Runtime on in each tab.
  const toolsets = new BrowserToolsets(undefined, (id) => engine.live.get(id)?.watch?.hearExceptions() ?? (() => {}));
  const displays = new OpenDisplays({
    connect: async (id, signal) => {
      const live = engine.live.get(id);
      if (!live) throw new VitrineError("display_unavailable", { reason: "the computer does not run" });
      return connectDisplay(live.guest, signal);
    },
  });
  const recordings = createRecordings({
    store,
    displays,
    root: join(config.dataDir, "recordings"),
    limits: config.recordings ?? RECORDING_DEFAULTS,
    watchPages: (id, onPage) => {
      const news = engine.live.get(id)?.watch?.news.on("address", onPage);
      return () => void news?.off("address", onPage);
    },
    clock: realClock,
    requireDisk: () => disk.require(),
    emit,
    fault,
    orphaned: metrics.orphaned,
    log,
  });
  engine.events.on("change", (computer) => {
    recordings.follow(computer);
    if (computer.status === "running") return;
    relays.endComputer(computer.id);
    toolsets.close(computer.id);
    displays.close(computer.id);
  });
  await recordings.resume();
  const endSweeps = startSweeper({
    sweeps: [() => sweep(engine), recordings.sweep, profiles.sweep, () => host.sweep(metrics.orphaned)],
    everyMs: sweepMs,
    log,
  });

  const webhooks = openWebhooks({ store: store.webhooks, timeline, internet, generateId, emit, log });
  const attempts = watchAttempts(emit);
  const keys = openKeys({
    store: store.keys,
    operatorKey: apiKey,
    attempts,
    generateId,
    onEnd: (id) => {
      webhooks.removeOf(id);
      sessions.endOf(id);
      const { links, ports } = orphan(engine, id);
      for (const link of links) relays.endLink(link);
      for (const { computerId, port } of ports) relays.endPort(computerId, port, "unlinked");
    },
  });
  const sessions = openSessions({ store: store.sessions, keys, sign, operatorKey: apiKey, attempts, generateId });
  keys.expire();

  const { links, ports, idempotency, atomically } = store;
  const allowedHosts = [config.listen.host, ...config.allowedHosts];
  const control = new ControlLocks();
  engine.events.on("change", ({ id, status }) => {
    if (status !== "running") control.release(id);
  });
  tellControl(control, emit);
  const shots = createShots({
    displays,
    takePicture,
    settled,
    album: createAlbum(engine.directory),
    isWanted: (id) => {
      const record = store.computers.get(id);
      // Computers of an earlier version have no such option.
      return record?.status === "running" && record.spec.browser.action_pictures !== false && !disk.low;
    },
    onFailure: (computer, err) => log.info({ computer, err }, "there is no picture of what an action left"),
  });
  const context = {
    computers: computers(engine),
    displays,
    recordings,
    viewers: new Viewers(),
    emit,
    timeline,
    perform: createActions({
      displays,
      takePicture,
      settled,
      dialects,
      control,
      toolsets,
      shots,
      onAction: (computerId, action) => {
        const title = describeAction(action);
        if (title !== null) recordings.mark(computerId, title);
      },
      onDone: (computer_id, actor, done) => emit({ type: "action", computer_id, actor, data: { ...done } }),
    }),
    shots,
    control,
    links,
    ports,
    portDomain: config.domain,
    idempotency,
    atomically,
    fault,
    sign,
    keys,
    sessions,
    webhooks,
    attempts,
    allowedHosts,
    limits,
    lanes: new Lanes(limits),
    capacity,
    usage: () => usage(store.computers, meter),
    disk,
    metrics,
    version: version(),
    dashboard,
    hasImage: host.hasImage,
    log,
  };
  const browserless = browserlessDoor(context, relays, store.ephemeral);
  const front = createFront(context, relays, [kernelDoor(context), browserless], log);
  const server = createDoor({ limits, onRequest: front.request, onUpgrade: front.upgrade });
  const url = await listen(server, config.listen);
  ownPort = Number(new URL(url).port || 80);
  browserless.clear();
  webhooks.resume();
  log.info({ url, host: host.about }, "serving");

  const close: Service["close"] = async ({ suspend } = { suspend: false }) => {
    stopReaper();
    disk.close();
    keys.close();
    sessions.close();
    relays.endAll();
    timeline.close();
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeIdleConnections();
    const { promise: late, resolve: hurry } = Promise.withResolvers<void>();
    const timer = setTimeout(hurry, CLOSE_MS);
    await Promise.race([Promise.all([closed, browserless.close(), ended(engine)]), late]);
    clearTimeout(timer);
    server.closeAllConnections();
    await closed;
    await endSweeps();
    await webhooks.close();
    await Promise.all([recordings.close(), shots.close()]);
    toolsets.closeAll();
    displays.closeAll();
    if (suspend) await suspendAll(engine, atOnce, SUSPEND_MS);
    await Promise.all([pool.close(), sizes.close()]);
    await release(engine);
    store.close();
  };
  return { url, apiKey, close };
};

/** Sets the host up where needed, puts in order what an earlier service left, and serves. */
export const serve = async (config: Config, options: ServeOptions = {}): Promise<Service> => {
  const log = options.log ?? pino({ level: config.logLevel });
  mkdirSync(join(config.dataDir, "computers"), { recursive: true, mode: 0o700 });
  const store = openStore(config.dataDir);
  try {
    const signal = options.signal ?? new AbortController().signal;
    const progress = options.progress ?? (() => {});
    const dashboard = options.dashboard === undefined ? await ensureDashboard({ ...config, progress, signal }) : options.dashboard;
    const host = options.host ?? (await prepare(config, { template: "browser", progress, signal, log, fault: options.fault })).host;
    return await run(config, store, { host, dashboard }, log, options);
  } catch (error) {
    store.close();
    throw error;
  }
};
