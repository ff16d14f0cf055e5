/** noVNC as the service serves it: a URL, not a module of this tree. */
const NOVNC = "/assets/novnc.js";
const { default: RFB } = await import(NOVNC);

const RETRY_MS = [300, 1000, 2000, 4000, 8000];
/** A connection that is not up by then will not be. */
const CONNECT_MS = 20_000;
const CONTROL_LEFT = 0xffe3;
const ALT_LEFT = 0xffe9;

/**
 * Keeps a noVNC connection to the desktop up while it is wanted, with growing pauses between attempts.
 * `url()` is asked at each attempt. `on.change("connecting" | "connected" | "disconnected")`, `on.clipboard(text)`.
 */
export class Desktop {
  #screen;
  #url;
  #on;
  #rfb = null;
  #wanted = false;
  #viewOnly = true;
  #attempt = 0;
  #timer = 0;

  constructor(screen, url, on) {
    this.#screen = screen;
    this.#url = url;
    this.#on = on;
  }

  set viewOnly(viewOnly) {
    this.#viewOnly = viewOnly;
    if (this.#rfb) this.#rfb.viewOnly = viewOnly;
  }

  /** Connects now, unless it is connected or about to be. */
  start() {
    if (this.#wanted) return;
    this.#wanted = true;
    this.#attempt = 0;
    this.#connect();
  }

  stop() {
    this.#wanted = false;
    clearTimeout(this.#timer);
    this.#rfb?.disconnect();
  }

  focus() {
    this.#rfb?.focus({ preventScroll: true });
  }

  paste(text) {
    if (!this.#viewOnly) this.#rfb?.clipboardPasteFrom(text);
  }

  /** Gives the computer's screen the size of ours, once: whoever works there by coordinates does not see it change with every window. */
  fit() {
    if (!this.#rfb || this.#viewOnly) return;
    this.#rfb.resizeSession = true;
    this.#rfb.resizeSession = false;
  }

  /** Keys that were pressed to leave the desktop are not left held in it. */
  releaseKeys() {
    if (this.#viewOnly) return;
    this.#rfb?.sendKey(CONTROL_LEFT, "ControlLeft", false);
    this.#rfb?.sendKey(ALT_LEFT, "AltLeft", false);
  }

  #connect() {
    // The one before is still saying goodbye; its end brings us here again.
    if (this.#rfb) return;
    this.#on.change("connecting");
    const rfb = new RFB(this.#screen, this.#url(), { shared: true });
    this.#rfb = rfb;
    rfb.viewOnly = this.#viewOnly;
    rfb.scaleViewport = true;
    rfb.resizeSession = false;
    rfb.showDotCursor = false;
    rfb.background = "transparent";
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => rfb.disconnect(), CONNECT_MS);
    rfb.addEventListener("connect", () => {
      clearTimeout(this.#timer);
      this.#attempt = 0;
      this.#on.change("connected");
    });
    rfb.addEventListener("clipboard", ({ detail }) => this.#on.clipboard(detail.text));
    rfb.addEventListener("disconnect", () => {
      clearTimeout(this.#timer);
      this.#rfb = null;
      this.#on.change("disconnected");
      if (!this.#wanted) return;
      const pause = RETRY_MS[Math.min(this.#attempt++, RETRY_MS.length - 1)];
      this.#timer = setTimeout(() => this.#connect(), pause * (0.75 + Math.random() / 2));
    });
  }
}
