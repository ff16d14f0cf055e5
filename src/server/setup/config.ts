import { isIP } from "node:net";
import { TEMPLATES, TemplateName } from "../../contract/computer.ts";
import { cacheDir, DEFAULT_LISTEN, dataDir } from "../../contract/local.ts";
import { DEFAULT_UIDS, type UidRange } from "../machine/confinement/walls.ts";
import { type Limits, readLimits } from "./limits.ts";
import { type Env, parseWhole, refuse } from "./setting.ts";

export const LOG_LEVELS = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** All that the service is told from outside. */
export interface Config {
  /** Port 0 takes any free port. */
  listen: { host: string; port: number };
  dataDir: string;
  cacheDir: string;
  /** Absent: the key in `<dataDir>/api-key`, made on the first start. */
  apiKey?: string;
  /** Host names, beside the listening address and localhost, that requests may name. Lower case, without port. */
  allowedHosts: string[];
  /** A domain all of whose names lead here: published ports have hosts under it, beside localhost. */
  domain?: string;
  logLevel: LogLevel;
  /** MiB that the templates in the cache directory may take together. */
  templatesMb: number;
  /** Where the service runs as root: the uids that machines may have. */
  uids: UidRange;
  /** How many computers of each template wait to be claimed. */
  pool: Partial<Record<TemplateName, number>>;
  /** Default: RECORDING_DEFAULTS. */
  recordings?: { retentionS: number; quotaMb: number };
  /** What the timeline keeps. Default: EVENT_DEFAULTS. */
  events?: { retentionS: number; perComputer: number };
  /** Those that are not given have their defaults. */
  limits?: Partial<Limits>;
}

/** A week, and 10 GiB. */
export const RECORDING_DEFAULTS = { retentionS: 7 * 86400, quotaMb: 10240 } as const;

/** A week, and 10000 events of each computer. */
export const EVENT_DEFAULTS = { retentionS: 7 * 86400, perComputer: 10_000 } as const;

const HOST_NAME = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/;
const isHost = (host: string): boolean => isIP(host) !== 0 || HOST_NAME.test(host);

/** `host:port`, `[v6]:port`, or a port alone. */
export const parseListen = (text: string, setting = "VITRINE_LISTEN"): Config["listen"] => {
  const parts = /^(?:(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+)):)?(\d{1,5})$/.exec(text.trim());
  if (!parts) return refuse(setting, `"${text}" is not like 127.0.0.1:7780, [::1]:7780 or 7780`);
  const host = (parts[1] ?? parts[2] ?? DEFAULT_LISTEN.host).toLowerCase();
  const port = Number(parts[3]);
  if (!isHost(host)) refuse(setting, `"${host}" is neither an address nor a host name`);
  if (port > 65535) refuse(setting, `${port} is over 65535, the last port`);
  return { host, port };
};

const parseKey = (key: string): string => {
  // It travels in a header.
  if (!/^[\x21-\x7e]+$/.test(key)) refuse("VITRINE_API_KEY", "it may hold printable ASCII without spaces only");
  return key;
};

const parseHosts = (text: string): string[] =>
  text
    .split(/[\s,]+/)
    .filter(Boolean)
    .map((host) =>
      isHost(host.toLowerCase())
        ? host.toLowerCase()
        : refuse("VITRINE_ALLOWED_HOSTS", `"${host}" is not a host name; give names without port, separated by commas`),
    );

const parseDomain = (text: string): string =>
  HOST_NAME.test(text.toLowerCase()) && isIP(text) === 0
    ? text.toLowerCase()
    : refuse("VITRINE_DOMAIN", `"${text}" is not a domain; give one whose wildcard leads here, like computers.example.com`);

const parseLevel = (text: string): LogLevel =>
  LOG_LEVELS.find((level) => level === text.toLowerCase()) ?? refuse("VITRINE_LOG_LEVEL", `"${text}" is none of ${LOG_LEVELS.join(", ")}`);

const DEFAULT_TEMPLATES_MB = 8192;

/** The range ends below the uids that have a meaning of their own. */
const LAST_UID_BASE = 2 ** 31 - 1 - DEFAULT_UIDS.count;
const MAX_WAITING = 64;
const parsePool = (text: string): Config["pool"] =>
  Object.fromEntries(
    text.split(/[\s,]+/).flatMap((part) => {
      if (part === "") return [];
      const [name = "", count = "", ...rest] = part.split(":");
      const { data: template } = TemplateName.safeParse(name);
      if (!template || rest.length > 0)
        return refuse("VITRINE_POOL", `"${part}" is not like browser:2, with a template of ${TEMPLATES.join(", ")}`);
      return [[template, parseWhole(count, "VITRINE_POOL", 0, MAX_WAITING)]];
    }),
  );

const parseRecordings = ({ VITRINE_RECORDING_RETENTION_S: retention, VITRINE_RECORDING_QUOTA_MB: quota }: Env) => ({
  retentionS: retention ? parseWhole(retention, "VITRINE_RECORDING_RETENTION_S", 1, 3650 * 86400) : RECORDING_DEFAULTS.retentionS,
  quotaMb: quota ? parseWhole(quota, "VITRINE_RECORDING_QUOTA_MB", 1, 1024 ** 3) : RECORDING_DEFAULTS.quotaMb,
});

const parseEvents = ({ VITRINE_EVENT_RETENTION_S: retention, VITRINE_EVENTS_PER_COMPUTER: count }: Env) => ({
  retentionS: retention ? parseWhole(retention, "VITRINE_EVENT_RETENTION_S", 1, 3650 * 86400) : EVENT_DEFAULTS.retentionS,
  perComputer: count ? parseWhole(count, "VITRINE_EVENTS_PER_COMPUTER", 1, 10 ** 7) : EVENT_DEFAULTS.perComputer,
});

/** The environment as configuration. Throws config_invalid with what to change; an empty variable counts as unset. */
export const readConfig = (env: Env): Config => ({
  listen: env.VITRINE_LISTEN ? parseListen(env.VITRINE_LISTEN) : { ...DEFAULT_LISTEN },
  dataDir: dataDir(env),
  cacheDir: cacheDir(env),
  ...(env.VITRINE_API_KEY && { apiKey: parseKey(env.VITRINE_API_KEY) }),
  allowedHosts: parseHosts(env.VITRINE_ALLOWED_HOSTS ?? ""),
  ...(env.VITRINE_DOMAIN && { domain: parseDomain(env.VITRINE_DOMAIN) }),
  logLevel: parseLevel(env.VITRINE_LOG_LEVEL || "info"),
  templatesMb: env.VITRINE_TEMPLATES_MB ? parseWhole(env.VITRINE_TEMPLATES_MB, "VITRINE_TEMPLATES_MB", 1, 1024 ** 3) : DEFAULT_TEMPLATES_MB,
  uids: {
    ...DEFAULT_UIDS,
    ...(env.VITRINE_UID_BASE && { first: parseWhole(env.VITRINE_UID_BASE, "VITRINE_UID_BASE", 1000, LAST_UID_BASE) }),
  },
  pool: parsePool(env.VITRINE_POOL ?? ""),
  recordings: parseRecordings(env),
  events: parseEvents(env),
  limits: readLimits(env),
});
