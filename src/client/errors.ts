import { ERRORS, type ErrorBody, type ErrorCode, VitrineError } from "../contract/errors.ts";

/** The service could not be reached, or the connection broke before the answer was whole. */
export class ConnectionError extends Error {
  override readonly name = "ConnectionError";
  readonly url: string;

  constructor(url: string, cause: unknown) {
    const why = cause instanceof Error ? ((cause as NodeJS.ErrnoException).code ?? cause.message) : String(cause);
    const hint = why === "ECONNREFUSED" ? "; is it running? Start it with 'vitrine serve'" : "";
    super(`The service at ${url} cannot be reached (${why})${hint}.`, { cause });
    this.url = url;
  }
}

/** Something answered that is not a Vitrine service, or one that is newer than this client. */
export class UnexpectedAnswerError extends Error {
  override readonly name = "UnexpectedAnswerError";
  readonly status: number;

  constructor(url: string, status: number, text: string) {
    super(`${url} answered ${status} in a form this client does not know: ${JSON.stringify(text.slice(0, 200))}`);
    this.status = status;
  }
}

/** This call needs a package that is not installed. */
export class MissingPackageError extends Error {
  override readonly name = "MissingPackageError";
  readonly package: string;

  constructor(name: string, cause: unknown) {
    super(`This needs the package ${name}, which is not installed. Install it with 'npm install ${name}'.`, { cause });
    this.package = name;
  }
}

/** The error of the registry that a body tells, in its own words; null when it tells none. */
const errorOf = (body: unknown, more: Record<string, unknown> = {}): VitrineError | null => {
  const { code, message, details, request_id } = (body as Partial<ErrorBody> | null)?.error ?? {};
  if (typeof code !== "string" || typeof message !== "string" || !Object.hasOwn(ERRORS, code)) return null;
  const error = new VitrineError(code as ErrorCode, { ...details, ...(request_id && { request_id }), ...more });
  error.message = message;
  return error;
};

/** A VitrineError of another copy of its class, as a service in this process throws it, as one of ours; anything else as it is. */
export const ownError = (error: unknown): unknown =>
  error instanceof Error && error.name === "VitrineError" ? (errorOf((error as VitrineError).toBody()) ?? error) : error;

/** The error an answer stands for, with the service's own message; `retryAfter` is the header of that name. */
export const errorFrom = (url: string, status: number, text: string, retryAfter?: string): Error => {
  const unexpected = () => new UnexpectedAnswerError(url, status, text);
  try {
    return errorOf(JSON.parse(text), /^\d{1,6}$/.test(retryAfter ?? "") ? { retry_after_s: Number(retryAfter) } : {}) ?? unexpected();
  } catch {
    return unexpected();
  }
};
