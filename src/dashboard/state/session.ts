import { signal } from "@preact/signals";
import type { Session } from "../../contract/session.ts";
import { CallError, call, whenSignedOut } from "./api.ts";
import { pauseBefore } from "./pause.ts";

/** Who uses this page; null: nobody is signed in; undefined: that is being asked. */
export const session = signal<Session | null | undefined>(undefined);
/** Whether the service did not answer when it was asked. */
export const unreachable = signal(false);

whenSignedOut(() => {
  session.value = null;
});

/** Finds out whether the browser is signed in, and asks until the service answers. */
export const resume = async (): Promise<void> => {
  for (let attempt = 0; session.value === undefined; attempt++) {
    try {
      session.value = await call("get", "/v1/session");
      unreachable.value = false;
    } catch (error) {
      if (error instanceof CallError && error.code === "unauthorized") unreachable.value = false;
      else {
        unreachable.value = true;
        await pauseBefore(attempt, new AbortController().signal);
      }
    }
  }
};

/** Signs in. The key is in this one request, and the cookie that answers it is out of the page's reach. Throws CallError. */
export const signIn = async (key: string): Promise<void> => {
  session.value = await call("post", "/v1/session", { headers: { authorization: `Bearer ${key}` } });
};

/** Throws CallError. */
export const signOut = async (): Promise<void> => {
  await call("delete", "/v1/session");
  session.value = null;
};
