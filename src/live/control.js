const byId = (id) => document.getElementById(id);

const NOBODY = { holder: null, name: null, mine: false };

/** What the page says of who drives; empty when nobody does. */
const words = ({ holder, name, mine }) => {
  if (!holder) return "";
  if (mine) return "you drive";
  return `${name ?? (holder === "person" ? "another person" : "an agent")} drives`;
};

/** Shows who drives the computer, and lets a person with a control link take it and let it go. */
export class Control {
  /** Tells this page from others that were opened with the same link. */
  viewer = crypto.randomUUID?.() ?? Array.from(crypto.getRandomValues(new Uint32Array(4)), (n) => n.toString(16)).join("-");
  #url;
  #control = NOBODY;
  #button = byId("control-button");
  #badge = byId("driver");

  /** `url()` is where control is taken (POST) and let go of (DELETE), token included. */
  constructor(url) {
    this.#url = url;
    this.#button.addEventListener("click", () => this.#ask(this.#control.mine ? "DELETE" : "POST"));
  }

  /** A URL that says which page asks. */
  withViewer(url) {
    return `${url}${url.includes("?") ? "&" : "?"}viewer=${this.viewer}`;
  }

  /** Somebody else drives, so that what is typed here must not reach the computer. */
  get elsewhere() {
    return this.#control.holder !== null && !this.#control.mine;
  }

  update(control = NOBODY, mayTake = false) {
    this.#control = control;
    this.#button.hidden = !mayTake;
    this.#button.textContent = control.mine ? "Release" : "Take control";
    this.#badge.hidden = control.holder === null;
    this.#badge.textContent = words(control);
  }

  async #ask(method) {
    this.#button.disabled = true;
    // What came of it is told by the state's next event.
    await fetch(this.withViewer(this.#url()), { method, cache: "no-store" }).catch(() => {});
    this.#button.disabled = false;
  }
}
