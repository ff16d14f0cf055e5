import { z } from "zod";
import { ComputerName } from "./computer.ts";
import type { ErrorCode } from "./errors.ts";
import { ProfileName } from "./profiles.ts";
import { SnapshotId } from "./snapshots.ts";
import { TerminalId } from "./terminals.ts";

/** What a body or an answer is when it is not JSON. */
export type Media = { media: string; description: string };
export type BodyShape = z.ZodType | Media;

/** What a call uses of a computer. Calls in one lane wait for one another when there are many; those in another lane do not. */
export type Lane = "commands" | "files" | "screen";

/**
 * One call of the API. The table in routes.ts is the single source: the server takes its validation from it, /openapi.json is generated from it,
 * and a server handler that is missing or superfluous is a type error.
 */
export interface Route {
  method: "get" | "post" | "put" | "patch" | "delete";
  path: string;
  summary: string;
  query?: z.ZodObject;
  body?: BodyShape;
  status: number;
  answer?: BodyShape;
  /** What the answer is instead, where Accept asks for it. */
  stream?: Media;
  /** Codes beyond those that any call may answer (invalid_request, unauthorized, rate_limited, host_forbidden, origin_forbidden, internal_error). */
  errors?: readonly ErrorCode[];
  /** `key`: an API key, which sees its own computers alone. `operator`: the operator's key. `none`: open. `link`: a capability token in the query. */
  auth?: "key" | "operator" | "none" | "link";
  /** Whether each use of it is told in the timeline. Default: of all but GETs; of a GET that takes out what is in a computer, and of no other method that only asks. */
  audited?: boolean;
  /** The computer's calls of this kind are limited in number; beyond it too_many_requests. */
  lane?: Lane;
  /** Beside the API key, a link with this power opens it. */
  power?: "files";
}

/** The names that stand in the braces of a path. */
export type PathNames<Path> = Path extends `${string}{${infer Name}}${infer Rest}` ? Name | PathNames<Rest> : never;

/** Ids and names are both taken where a path has {id}. */
const PathId = z.union([z.string().regex(/^cmp_[a-z0-9]{12}$/), ComputerName]);
/** What stands in the braces of a path. */
export const PathParams = {
  id: PathId,
  pid: z.coerce
    .number()
    .int()
    .min(1)
    .max(2 ** 22),
  download_id: z.string().regex(/^[\w-]{1,350}$/),
  rid: z.string().regex(/^rec_[a-z0-9]{12}$/),
  sid: SnapshotId,
  profile: ProfileName,
  key_id: z.string().regex(/^key_[a-z0-9]{12}$/),
  webhook_id: z.string().regex(/^whk_[a-z0-9]{12}$/),
  port: z.coerce.number().int().min(1).max(65535),
  link_id: z.string().regex(/^lnk_[a-z0-9]{12}$/),
  terminal_id: TerminalId,
  picture_id: z.string().regex(/^pic_[a-z0-9]{9,12}$/),
  target: z.string().regex(/^[A-Za-z0-9-]{1,64}$/),
} as const;
