import { type Env, parseWhole } from "./setting.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

/** Every limit: its variable, its default, and what it may be at least and at most. docs/operations.md says what each is for. */
const LIMITS = {
  connections: ["VITRINE_MAX_CONNECTIONS", 4096, 1, 1_000_000],
  connectionsPerAddress: ["VITRINE_MAX_CONNECTIONS_PER_ADDRESS", 2048, 1, 1_000_000],
  pipelined: ["VITRINE_MAX_PIPELINED", 32, 1, 1000],
  headerBytes: ["VITRINE_MAX_HEADER_BYTES", 32 * KIB, 4 * KIB, MIB],
  headers: ["VITRINE_MAX_HEADERS", 100, 16, 1000],
  headerS: ["VITRINE_HEADER_TIMEOUT_S", 20, 1, 600],
  keepAliveS: ["VITRINE_KEEP_ALIVE_S", 65, 1, 3600],
  stallS: ["VITRINE_STALL_TIMEOUT_S", 60, 1, 3600],
  bodyBytes: ["VITRINE_MAX_BODY_BYTES", 10 * MIB, KIB, 1024 * MIB],
  /** Chromium 156 hangs up at 100 MiB by itself; this is what a client library may take. */
  messageBytes: ["VITRINE_MAX_MESSAGE_BYTES", 256 * MIB, 64 * KIB, 1024 * MIB],
  sockets: ["VITRINE_MAX_SOCKETS", 2048, 1, 1_000_000],
  socketsPerComputer: ["VITRINE_MAX_SOCKETS_PER_COMPUTER", 256, 1, 100_000],
  calls: ["VITRINE_MAX_CALLS", 64, 1, 10_000],
  callsWaiting: ["VITRINE_MAX_CALLS_WAITING", 256, 0, 100_000],
  callWaitS: ["VITRINE_CALL_WAIT_S", 30, 1, 3600],
  computers: ["VITRINE_MAX_COMPUTERS", 256, 1, 100_000],
  creates: ["VITRINE_MAX_CREATES", 0, 0, 1000],
  createsWaiting: ["VITRINE_MAX_CREATES_WAITING", 128, 0, 10_000],
  ramReserveMb: ["VITRINE_RAM_RESERVE_MB", 512, 0, 1024 ** 3],
  ramFactor: ["VITRINE_RAM_FACTOR", 1, 1, 100],
  vcpuFactor: ["VITRINE_VCPU_FACTOR", 16, 1, 1000],
  diskReserveMb: ["VITRINE_DISK_RESERVE_MB", 2048, 0, 1024 ** 3],
} as const satisfies Record<string, readonly [variable: string, byDefault: number, least: number, most: number]>;

export type LimitName = keyof typeof LIMITS;
/** What the service takes on at most. */
export type Limits = Record<LimitName, number>;

/** The limits that the environment gives, the others at their defaults. Throws config_invalid. */
export const readLimits = (env: Env): Limits =>
  Object.fromEntries(
    Object.entries(LIMITS).map(([name, [variable, byDefault, least, most]]) => {
      const text = env[variable];
      return [name, text ? parseWhole(text, variable, least, most) : byDefault];
    }),
  ) as Limits;
