const byId = (id) => document.getElementById(id);

const mayRead = async () => {
  try {
    return (await navigator.permissions.query({ name: "clipboard-read" })).state === "granted";
  } catch {
    return false;
  }
};

/**
 * Keeps the clipboards of this device and the computer the same where the browser permits it, and offers a panel where it does not.
 * `send(text)` puts text on the computer's clipboard.
 */
export class Clipboard {
  #send;
  #last = "";
  #enabled = false;
  #button = byId("clipboard-button");
  #panel = byId("clipboard");
  #text = byId("clipboard-text");
  #note = byId("clipboard-note");

  constructor(send) {
    this.#send = send;
    this.#button.addEventListener("click", () => this.#show(this.#panel.hidden));
    this.#panel.addEventListener("keydown", ({ key }) => {
      if (key !== "Escape") return;
      this.#show(false);
      this.#button.focus();
    });
    byId("clipboard-send").addEventListener("click", () => {
      this.#toComputer(this.#text.value);
      this.#note.textContent = "Sent. Paste it in the computer with Control and V.";
    });
    byId("clipboard-copy").addEventListener("click", async () => {
      const copied = await this.#toDevice(this.#text.value);
      this.#note.textContent = copied ? "Copied to this device." : "This browser does not allow it. Select the text and copy it.";
      if (!copied) this.#text.select();
    });
    // What was copied elsewhere is brought along when the person comes back.
    window.addEventListener("focus", () => this.#bring());
  }

  set enabled(enabled) {
    if (enabled === this.#enabled) return;
    this.#enabled = enabled;
    this.#button.hidden = !enabled;
    if (!enabled) this.#show(false);
    else this.#bring();
  }

  /** Something was copied in the computer. */
  received(text) {
    this.#last = text;
    this.#text.value = text;
    if (this.#enabled && document.hasFocus()) this.#toDevice(text);
  }

  #show(open) {
    this.#panel.hidden = !open;
    this.#button.setAttribute("aria-expanded", String(open));
    this.#note.textContent = "";
    if (open) this.#text.focus();
  }

  async #bring() {
    if (!this.#enabled || !(await mayRead())) return;
    const text = await navigator.clipboard.readText().catch(() => "");
    if (!text || text === this.#last) return;
    this.#text.value = text;
    this.#toComputer(text);
  }

  #toComputer(text) {
    this.#last = text;
    this.#send(text);
  }

  async #toDevice(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      return false;
    }
  }
}
