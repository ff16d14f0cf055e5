/**
 * The one registry of API errors: code -> HTTP status and a message that says what to do.
 * `{name}` in a message is filled from the error's details.
 */
export const ERRORS = {
  invalid_request: [400, "The request is not valid: {reason}"],
  invalid_json: [400, "The body is not valid JSON: {reason}"],
  invalid_path: [400, "The path is not valid: {reason}. Give an absolute path without '..' segments."],
  unsupported_option: [400, "{option} is not available: {reason}"],
  unauthorized: [
    401,
    "Send an API key that is not expired or revoked as 'Authorization: Bearer <key>'. The operator's is in the data directory, in the file api-key.",
  ],
  link_invalid: [401, "This link is wrong, expired, revoked, or for another computer. Ask for a new one."],
  host_forbidden: [
    403,
    "The Host header {host} is not served here. Use the address the service listens on, or add the name to VITRINE_ALLOWED_HOSTS.",
  ],
  origin_forbidden: [403, "Requests from the web origin {origin} are refused. Open the page from the service itself."],
  operator_only: [
    403,
    "This call takes the operator's key, which manages the others. On the host it is in the data directory, in the file api-key.",
  ],
  quota_exceeded: [
    403,
    "This key may have {limit} {what}; with this call it would have {wanted}. Delete or stop what you do not need, or ask for a larger quota.",
  ],
  power_missing: [403, "This link does not grant {power}."],
  route_not_found: [404, "There is nothing at {method} {path}. See /docs."],
  computer_not_found: [404, "No computer {id}. List them with GET /v1/computers."],
  process_not_found: [404, "No process {pid} was started through the API on this computer."],
  terminal_not_found: [404, "No terminal {id} on this computer, or it ended long ago. List them with GET .../terminals."],
  file_not_found: [404, "No such file or folder in the computer: {path}"],
  recording_not_found: [404, "No recording {id} of this computer. List them with GET /v1/computers/{computer}/recordings."],
  picture_not_found: [404, "No picture {id} of this computer's actions: it could not be taken, or is older than the {kept} that are kept."],
  snapshot_not_found: [404, "No snapshot {id}. List a computer's with GET .../snapshots."],
  profile_not_found: [404, "No profile {name} is kept. List them with GET /v1/profiles; a computer with browser.profile makes one."],
  key_not_found: [404, "No key {id}. List them with GET /v1/keys."],
  webhook_not_found: [404, "No webhook {id}. List them with GET /v1/webhooks."],
  port_not_published: [404, "Port {port} of this computer is not published. Publish it with POST .../published-ports."],
  target_not_found: [404, "Chromium has no such target: {target}"],
  method_not_allowed: [405, "{path} does not take {method}."],
  name_taken: [409, "A computer named {name} exists already. Choose another name or delete it first."],
  profile_in_use: [
    409,
    "The computer {computer} has the profile {name} and keeps what it changes. Delete it first, or begin with it as it is kept, with save: false.",
  ],
  too_many_profiles: [409, "{limit} profiles are kept, and no more may be. Delete one first."],
  too_many_snapshots: [409, "This computer has {limit} snapshots, and may have no more. Delete one first."],
  wrong_state: [409, "The computer is {status}; {verb} needs it to be {needs}."],
  idempotency_conflict: [409, "This Idempotency-Key was used with another body. Use a new key."],
  no_display: [409, "This computer has no display. Create it from the browser template with mode 'live'."],
  port_not_publishable: [409, "Port {port} cannot be published: {reason}"],
  no_browser: [409, "This computer has no browser. Create it from a template that has one."],
  recording_not_ready: [409, "The recording is {status}. Stop it, or wait until it is ready."],
  recording_ended: [409, "The recording is {status}; only one that is being recorded takes a mark."],
  recording_failed: [409, "The recording failed: {reason}"],
  not_pasted: [409, "Nothing in the computer took the text: no program that pastes has the keyboard. Click into a text field first."],
  no_history: [409, "This tab has no page to go {direction} to."],
  file_exists: [409, "{path} exists already and is not what this call can replace."],
  not_a_file: [409, "{path} is a folder or special file; this call takes regular files."],
  not_a_directory: [409, "{path} is not a folder."],
  permission_denied: [409, "The guest's user may not do this at {path}."],
  request_timeout: [408, "The request's {part} did not come within {timeout_s} s."],
  payload_too_large: [413, "The body is larger than {limit} bytes."],
  range_not_satisfiable: [416, "The range does not lie within the file of {size} bytes."],
  archive_invalid: [422, "The archive cannot be unpacked: {reason}"],
  controlled: [
    423,
    "{who} drives this computer. Wait until it is released (if_controlled: 'wait' does), or release it with DELETE .../control.",
  ],
  capacity_exceeded: [429, "The host is full: {reason}. Delete or stop a computer, or try again later."],
  too_many_requests: [429, "Too much is asked at once: {reason}. Try again when some of it is done."],
  headers_too_large: [431, "The request's header has more than {limit}."],
  rate_limited: [429, "{what}. Wait {retry_after_s} s."],
  navigation_failed: [502, "Chromium could not open {url}: {reason}"],
  port_closed: [
    502,
    "Nothing listens on port {port} in the computer. Start the server there; GET .../published-ports/{port}?wait_s=60 waits for it.",
  ],
  port_failed: [502, "The server at port {port} of the computer did not answer as it should: {reason}"],
  guest_unresponsive: [
    504,
    "The computer has said nothing for a minute: it is frozen, or far too busy. It may come back by itself; otherwise stop or delete it.",
  ],
  timeout: [504, "{what} did not finish within {timeout_s} s."],
  guest_unreachable: [503, "The computer's agent does not answer: {reason}"],
  guest_link_lost: [
    503,
    "The link to the computer broke while this was under way. It was not repeated; look at its effect before you try again.",
  ],
  browser_unavailable: [503, "Chromium in the computer does not answer yet: {reason}"],
  too_many_connections: [503, "No more connections are taken: {reason}. Close some, or try again later."],
  machine_exited: [
    503,
    "The computer's machine has ended: {reason}. What was under way is lost. Its disks are kept: start boots it again.",
  ],
  browser_failed: [
    500,
    "Chromium crashed again and again, so the computer was ended; its disks are kept, and start boots it again. {reason}",
  ],
  store_failed: [507, "The service cannot write down what it does: {reason}. Make room on the disk of its data directory, and try again."],
  host_disk_low: [
    507,
    "The disk of the data directory has {free_mb} MiB free, less than the reserve of {reserve_mb}. Delete what is not needed, or set VITRINE_DISK_RESERVE_MB.",
  ],
  disk_full: [507, "No space is left on the computer's disk for {path}."],
  display_unavailable: [503, "The computer's display does not answer: {reason}"],
  memory_lost: [500, "The computer's memory could not be brought back, so it was started from its disks: {reason}"],
  machine_failed: [500, "The computer's machine failed: {reason}"],
  data_dir_in_use: [503, "Another Vitrine service uses {path}. Stop it, or give this one its own VITRINE_DATA_DIR."],
  data_dir_newer: [503, "{path} was used by a newer Vitrine (database version {version}). Use that one, or another VITRINE_DATA_DIR."],
  service_stopping: [503, "The service is stopping. Try again when it is back."],
  setup_incomplete: [503, "The host lacks something: {reason}. Run 'vitrine doctor'."],
  config_invalid: [500, "The setting {setting} is not valid: {reason}."],
  internal_error: [500, "Something failed that should not. The log has request {request_id}."],
} as const satisfies Record<string, readonly [number, string]>;

/** A code of the registry. */
export type ErrorCode = keyof typeof ERRORS;

/** Seconds that an answer's Retry-After says, for what passes by itself. */
const RETRY_AFTER_S: Partial<Record<ErrorCode, number>> = {
  capacity_exceeded: 10,
  too_many_requests: 1,
  too_many_connections: 5,
  service_stopping: 5,
};

/** The body of every error answer. */
export interface ErrorBody {
  error: { code: ErrorCode; message: string; details: Record<string, unknown>; request_id?: string };
}

/** An error with a code of the registry; crosses every layer as itself. */
export class VitrineError extends Error {
  override readonly name = "VitrineError";
  readonly code: ErrorCode;
  readonly status: number;
  readonly details: Record<string, unknown>;

  constructor(code: ErrorCode, details: Record<string, unknown> = {}, options?: ErrorOptions) {
    const [status, template] = ERRORS[code];
    super(
      template.replace(/\{(\w+)\}/g, (_, key: string) => String(details[key] ?? "?")),
      options,
    );
    this.code = code;
    this.status = status;
    this.details = details;
  }

  /** As it is answered. */
  toBody(requestId?: string): ErrorBody {
    return { error: { code: this.code, message: this.message, details: this.details, ...(requestId && { request_id: requestId }) } };
  }
}

/** Seconds after which what failed may be tried again; undefined where nobody can say. */
export const retryAfterOf = ({ code, details }: Pick<VitrineError, "code" | "details">): number | undefined =>
  typeof details.retry_after_s === "number" ? details.retry_after_s : RETRY_AFTER_S[code];
