/** Says in the bar that the link ends soon, and counts down. */
export class Ending {
  #badge = document.getElementById("link-ending");
  #at = 0;
  #timer = 0;

  /** `seconds` until the end, or null while it is far. */
  update(seconds) {
    if (seconds === null || seconds === undefined) return;
    this.#at = performance.now() + seconds * 1000;
    if (!this.#timer) this.#timer = setInterval(() => this.#show(), 1000);
    this.#show();
  }

  hide() {
    clearInterval(this.#timer);
    this.#timer = 0;
    this.#badge.hidden = true;
  }

  #show() {
    const left = Math.max(0, Math.ceil((this.#at - performance.now()) / 1000));
    this.#badge.hidden = false;
    this.#badge.textContent = `this link ends in ${left} s`;
  }
}
