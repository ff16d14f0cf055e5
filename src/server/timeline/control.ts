import type { ControlLocks } from "../actions/control.ts";
import type { Emit } from "./timeline.ts";

/** Writes down who begins to drive a computer, and when nobody does any more; that somebody goes on driving is not told. */
export const tellControl = (control: Pick<ControlLocks, "get" | "onChange">, emit: Emit): void => {
  const drivers = new Map<string, string>();
  control.onChange((computer_id) => {
    const { holder, name } = control.get(computer_id);
    const driver = holder && `${holder} ${name ?? ""}`;
    if ((drivers.get(computer_id) ?? null) === driver) return;
    if (driver === null) drivers.delete(computer_id);
    else drivers.set(computer_id, driver);
    emit(driver === null ? { type: "control.released", computer_id } : { type: "control.taken", computer_id, data: { holder, name } });
  });
};
