import { FitAddon } from "@xterm/addon-fit";
import { Terminal } from "@xterm/xterm";
import { wordsOf } from "../state/api.ts";
import { computerOfTerminal } from "../words/paths.ts";
import { type Keyboard, runShell, type Screen } from "./shell.ts";

const byId = (id: string) => document.getElementById(id) as HTMLElement;

const terminal = new Terminal({ cursorBlink: true, fontSize: 14, screenReaderMode: true, theme: { background: "#101215" } });
const fit = new FitAddon();
terminal.loadAddon(fit);
terminal.open(byId("screen"));
fit.fit();

let keyboard: Keyboard | null = null;
const screen: Screen = {
  size: () => ({ columns: terminal.cols, rows: terminal.rows }),
  clear: () => terminal.reset(),
  show: (bytes) => terminal.write(bytes),
  onConnection: (up) => {
    byId("said").textContent = up ? "Connected" : "The connection was lost; it is tried again";
  },
};
terminal.onData((keys) => keyboard?.send(keys));
new ResizeObserver(() => {
  fit.fit();
  keyboard?.resize();
}).observe(byId("screen"));
// Tab is the shell's, so there is another way out.
terminal.attachCustomKeyEventHandler((event) => {
  if (!(event.ctrlKey && event.altKey && event.key === "Home")) return true;
  terminal.blur();
  window.parent.focus();
  return false;
});

const id = computerOfTerminal(location.pathname);
const begin = async (): Promise<void> => {
  byId("again").hidden = true;
  try {
    const { exit_code, signal } = await runShell(id, screen, (ready) => {
      keyboard = ready;
      terminal.focus();
    });
    byId("said").textContent = signal ? `The shell was ended by ${signal}` : `The shell ended with ${exit_code}`;
  } catch (error) {
    byId("said").textContent = wordsOf(error);
  }
  keyboard = null;
  byId("again").hidden = false;
};
byId("again").addEventListener("click", () => void begin());
void begin();
