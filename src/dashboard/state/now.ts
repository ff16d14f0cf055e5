import { signal } from "@preact/signals";

const STEP_MS = 10_000;

/** Milliseconds since the epoch, by steps, for ages that are shown. */
export const now = signal(Date.now());
setInterval(() => {
  if (!document.hidden) now.value = Date.now();
}, STEP_MS);
document.addEventListener("visibilitychange", () => {
  now.value = Date.now();
});
