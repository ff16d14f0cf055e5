/**
 * What the host and the guest agent say to each other over the guest link: HTTP/2 (prior knowledge) on one TCP port.
 * The host is the HTTP/2 client. Every stream carries `authorization: Bearer <secret>`. This folder has no imports
 * outside itself, because the agent is bundled from it.
 *
 * | stream | answer |
 * |---|---|
 * | GET /health | AgentHealth |
 * | GET /state | NDJSON, never ends: a GuestState line at once and again at each change |
 * | POST /configure GuestSettings | 204; applied to the running guest |
 * | POST /standby[?alone=1] | 204; what the renewal of a copy needs is ready. `alone`: caches are dropped, and the agent ends the link |
 * | POST /renew Renewal | 204; a guest that was saved and restored becomes a computer of its own; later calls carry the new secret |
 * | POST /workspace {hold} | 204; while it is held, nothing more can be written to the workspace |
 * | POST /power PowerRequest | 204, then the guest syncs, ends its services and powers off |
 * | POST /exec ExecSpec | frames (see frames.ts); closing the stream kills the process group |
 * | POST /processes ProcessSpec | ProcessRecord; GET /processes lists; GET /processes/{pid} one |
 * | POST /processes/{pid}/stdin[?end=1] bytes | 204 |
 * | POST /processes/{pid}/signal {signal} | 204 |
 * | GET /processes/{pid}/output | frames: what is kept of the output, then what comes, then exit |
 * | GET /files?path=[&start=&end=] | bytes, with content-length and x-file-size |
 * | PUT /files?path= bytes | 204; written beside and renamed, parents made |
 * | DELETE /files?path= | 204; folders with all that is in them |
 * | GET /files/stat?path=, GET /files/list?path= | FileRecord, FileRecord[] |
 * | POST /files/mkdir {path}, POST /files/move {from,to,overwrite} | 204 |
 * | GET, PUT /files/archive?path= | tar.gz out, in |
 * | GET /profile[?close=1] | PROFILE_DIR as tar.gz. `close`: Chromium is ended first, and stays so |
 * | PUT /profile tar.gz | 204; Chromium has been started anew with that profile |
 * | CONNECT host:port | a tunnel to a TCP port of the guest (authority 127.0.0.1:PORT) |
 * | GET /connections | NDJSON, never ends: an Outgoing line for each connection that a program makes to somewhere outside, and each packet refused |
 * | POST /connections/{id} | the bytes of one of them, both ways; a reset resets it |
 *
 * An error answer has status 400, or 401 for a wrong secret, and the JSON {code, details} (GuestError); the code says what, not the status.
 */
export const PROTOCOL_VERSION = 4;

/** TCP port of the agent in the guest. */
export const AGENT_PORT = 7000;
/** Name of the virtio-serial port that the agent holds open while it serves; QEMU reports it to the host as VSERPORT_CHANGE. */
export const AGENT_SERIAL_PORT = "org.vitrine.agent";
/** Address that `host.vitrine.internal` has in the guest; there, too, is its DNS server. */
export const HOST_ALIAS = { name: "host.vitrine.internal", address: "198.18.0.1" } as const;
export const CDP_PORT = 9222;
export const RFB_PORT = 5900;
/** Ports of the guest's loopback that the kernel also lets the host reach straight, which spares the agent's time (rootfs: runit/1). */
export const DIRECT_PORTS = [CDP_PORT, RFB_PORT] as const;

export const GUEST_USER = { name: "ohm", uid: 1000, gid: 1000, home: "/home/ohm" } as const;
/** Where Chromium keeps all that it knows. */
export const PROFILE_DIR = "/home/ohm/.config/chromium";
export const DOWNLOADS_DIR = "/home/ohm/Downloads";

/** fw_cfg items that the host gives to a booting guest. */
export const FW_CFG = { config: "opt/vitrine/config", session: "opt/vitrine/session" } as const;

/** The fw_cfg item `config`: JSON, secret, for the agent alone. */
export interface BootConfig {
  secret: string;
  hostname: string;
  settings: GuestSettings;
}

/** What makes a restored guest the computer that it is to be. */
export interface Renewal extends BootConfig {
  /** 32 hexadecimal digits. Source: machine-id(5). */
  machine_id: string;
  /** Random bytes for the kernel, base64. */
  entropy: string;
  /** The fw_cfg item `session` as it would be now, for a browser that is started later. */
  session: string;
  /** IANA name of the time zone; UTC when empty. */
  timezone: string;
  /** Bytes that disks have been made, which their file systems are to fill. */
  grow: { root?: number; workspace?: number };
  /** Others go on from the same state: the browser's random numbers must not be theirs. */
  copy: boolean;
}

/** What can be changed while the guest runs. */
export interface GuestSettings {
  /** Milliseconds since the epoch; sets the clock when given. */
  clock_ms?: number;
  /** Environment of every exec, process and terminal. */
  env?: Record<string, string>;
}

/** A packet that the guest's kernel did not let out. */
export interface RefusedPacket {
  /** Like `udp` or `icmp`. */
  protocol: string;
  address: string;
  port: number | null;
}

/** What leaves, or would: a connection that waits for the host to take it, some seconds long; its address as the program gave it. DNS over UDP comes as one to HOST_ALIAS. */
export type Outgoing = { connection: { id: number; address: string; port: number } } | { refused: RefusedPacket };

/** The fw_cfg item `session`, rendered as KEY='value' lines for the guest's shell scripts. */
export interface SessionConfig {
  VITRINE_HOSTNAME: string;
  /** `live`, `headless` or `none`: which services the init starts. */
  VITRINE_BROWSER: "live" | "headless" | "none";
  VITRINE_WIDTH: string;
  VITRINE_HEIGHT: string;
  VITRINE_URL: string;
  VITRINE_USER_AGENT: string;
  VITRINE_TZ: string;
  VITRINE_LOCALE: string;
}

export interface PowerRequest {
  action: "off";
}

export interface AgentHealth {
  protocol: number;
  boot_id: string;
  agent_pid: number;
  uptime_s: number;
}

export interface GuestState {
  /** The X server accepts connections. Always false in a guest without a display. */
  display: boolean;
  /** A window of Chromium is mapped. */
  window: boolean;
  /** How often the window manager has been started since boot. */
  manager_starts: number;
  browser: BrowserState;
}

export interface BrowserState {
  status: "none" | "starting" | "ready" | "failed";
  /** Path of the browser endpoint, like /devtools/browser/<uuid>, when ready. */
  ws_path?: string;
  /** How often Chromium has been started since boot. */
  starts: number;
  /** The last words of Chromium's log when failed. */
  reason?: string;
}

export interface ProcessSpec {
  /** Given to `bash -lc` when `argv` is absent. */
  command?: string;
  argv?: string[];
  cwd?: string;
  env?: Record<string, string>;
  user: string;
}

export interface ExecSpec extends ProcessSpec {
  stdin?: string;
  /** Milliseconds; then SIGTERM to the group, 2 s later SIGKILL. */
  timeout_ms: number;
  /** Bytes of stdout, and of stderr, after which the rest is read and dropped; no limit when absent. */
  output_limit?: number;
}

/** The payload of an exit frame. */
export interface ExitRecord {
  exit_code: number | null;
  signal: string | null;
  timed_out: boolean;
  truncated: boolean;
  duration_ms: number;
}

export interface ProcessRecord {
  pid: number;
  command: string;
  user: string;
  running: boolean;
  exit_code: number | null;
  signal: string | null;
  started_at: string;
  ended_at: string | null;
}

export interface FileRecord {
  path: string;
  name: string;
  type: "file" | "directory" | "symlink" | "other";
  size_bytes: number;
  mode: string;
  modified_at: string;
  owner: string;
}

/** Codes are those of the API's error registry that a guest may cause. */
export interface GuestError {
  code: string;
  details: Record<string, unknown>;
}
