import { VitrineError } from "../../../contract/errors.ts";
import type { Profile } from "../../../contract/profiles.ts";
import { type Caller, ownerOf } from "../../auth/caller.ts";
import type { KeptProfile, ProfileId } from "../../profiles/profiles.ts";
import type { Engine } from "../engine.ts";
import { computerKeeping } from "./use.ts";

/** The kept profiles as one caller sees them: a key its own, the operator all. A name alone is one of the caller's own. */
export const profilesOf = (engine: Engine, caller: Caller) => {
  const own = ownerOf(caller);
  // Nothing is another key's to name.
  const idOf = (name: string, key_id?: string): ProfileId => ({ name, key_id: own ?? key_id ?? null });
  const viewOf = (kept: KeptProfile): Profile => ({ ...kept, computer_id: computerKeeping(engine, kept)?.id ?? null });
  return {
    list: (): Profile[] =>
      engine.profiles
        .list()
        .filter(({ key_id }) => own === null || key_id === own)
        .map(viewOf),
    /** Throws profile_not_found. */
    get: (name: string, key_id?: string): Profile => {
      const kept = engine.profiles.find(idOf(name, key_id));
      if (!kept) throw new VitrineError("profile_not_found", { name });
      return viewOf(kept);
    },
    /** Throws profile_in_use. */
    remove: async (name: string, key_id?: string): Promise<void> => {
      const id = idOf(name, key_id);
      const other = computerKeeping(engine, id);
      if (other) throw new VitrineError("profile_in_use", { name, computer: other.name });
      await engine.profiles.remove(id);
    },
  };
};
