/** What one notch of the wheel scrolls in the computer's Chromium, in CSS pixels at a zoom of 100 %; measured, see docs/decisions.md. */
export const NOTCH = 120;
