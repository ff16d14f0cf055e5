import type { KeyRecord } from "../store/keys.ts";

/** Whoever makes a request, and so all that the request may see. */
export interface Caller {
  /** What events name it by: `operator`, or the id of a key, a link, or a recording whose own token it holds. */
  id: string;
  /** The key; null: the operator's, which sees everything and has no quota. */
  key: KeyRecord | null;
  /** The one computer that a link or token opens; null: that is for the key to say. */
  computerId: string | null;
  /** Aborts when the key is revoked or expires: what it has open ends with it. */
  ended: AbortSignal | null;
}

export const OPERATOR: Caller = { id: "operator", key: null, computerId: null, ended: null };

/** Who holds a capability for one computer. */
export const holderOf = (id: string, computerId: string): Caller => ({ ...OPERATOR, id, computerId });

/** The key that owns what the caller makes, and the only one whose things it sees; null: the operator's, which sees those of all. */
export const ownerOf = ({ key }: Caller): string | null => key?.id ?? null;

export const sees = (caller: Caller, computerId: string, keyId: string | null): boolean =>
  caller.computerId === null ? caller.key === null || caller.key.id === keyId : caller.computerId === computerId;
