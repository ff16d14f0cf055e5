import type { Route } from "../route.ts";
import { Session } from "../session.ts";

/** A browser signs in once with an API key, and goes on with a cookie that no script can read. */
export const session = {
  createSession: {
    method: "post",
    path: "/v1/session",
    summary:
      "Sign a browser in with an API key: the answer sets an HttpOnly, SameSite=Strict cookie that stands for the key, for requests of the service's own pages alone",
    status: 201,
    answer: Session,
  },
  getSession: {
    method: "get",
    path: "/v1/session",
    summary: "Who calls: whose key, or whose session",
    status: 200,
    answer: Session,
  },
  deleteSession: {
    method: "delete",
    path: "/v1/session",
    summary:
      "Sign out: ends the session that the request came with, what is open by it too, and its cookie. With an API key it ends nothing",
    status: 204,
  },
} as const satisfies Record<string, Route>;
