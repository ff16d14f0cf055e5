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

const isErrorBody = (body: unknown): body is ErrorBody => {
  const error = (body as Partial<ErrorBody> | null)?.error;
  return typeof error?.code === "string" && typeof error.message === "string";
};

/** The error an answer stands for, with the service's own message; `retryAfter` is the header of that name. */
export const errorFrom = (url: string, status: number, text: string, retryAfter?: string): Error => {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return new UnexpectedAnswerError(url, status, text);
  }
  if (!isErrorBody(body) || !Object.hasOwn(ERRORS, body.error.code)) return new UnexpectedAnswerError(url, status, text);
  const { code, message, details, request_id } = body.error;
  const error = new VitrineError(code as ErrorCode, {
    ...details,
    ...(request_id && { request_id }),
    ...(/^\d{1,6}$/.test(retryAfter ?? "") && { retry_after_s: Number(retryAfter) }),
  });
  error.message = message;
  return error;
};
