import { VitrineError } from "../../../contract/errors.ts";
import { MAX_PROFILES } from "../../../contract/profiles.ts";
import { type Caller, ownerOf } from "../../auth/caller.ts";
import type { ProfileId } from "../../profiles/profiles.ts";
import type { Engine } from "../engine.ts";
import { type ComputerRecord, hasBrowser } from "../record.ts";

/** The profile that a computer keeps; null: none. */
export const keptBy = ({ key_id, spec }: Pick<ComputerRecord, "key_id" | "spec">): ProfileId | null => {
  const { profile } = spec.browser;
  return profile?.save ? { key_id, name: profile.name } : null;
};

/** The computer that keeps a profile: it has it for as long as it is there. */
export const computerKeeping = (engine: Pick<Engine, "store">, { key_id, name }: ProfileId): ComputerRecord | null =>
  engine.store.computers.living().find((record) => {
    const kept = keptBy(record);
    return kept?.key_id === key_id && kept.name === name;
  }) ?? null;

/** Throws unsupported_option, profile_in_use, profile_not_found, too_many_profiles. */
export const requireProfile = (engine: Engine, caller: Caller, spec: ComputerRecord["spec"]): void => {
  const { profile } = spec.browser;
  if (!profile) return;
  if (!hasBrowser({ spec }))
    throw new VitrineError("unsupported_option", { option: "browser.profile", reason: "this computer has no browser" });
  const id = { key_id: ownerOf(caller), name: profile.name };
  const other = profile.save ? computerKeeping(engine, id) : null;
  if (other) throw new VitrineError("profile_in_use", { name: id.name, computer: other.name });
  if (engine.profiles.find(id)) return;
  if (!profile.save) throw new VitrineError("profile_not_found", { name: id.name });
  if (engine.profiles.list().filter(({ key_id }) => key_id === id.key_id).length >= MAX_PROFILES)
    throw new VitrineError("too_many_profiles", { limit: MAX_PROFILES });
};

/** What a copy is made with: one computer keeps a profile, and what is in it is the copy's own already. */
export const withoutProfile = ({ browser: { profile: _, ...browser }, ...spec }: ComputerRecord["spec"]): ComputerRecord["spec"] => ({
  ...spec,
  browser,
});
