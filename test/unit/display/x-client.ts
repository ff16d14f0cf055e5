import x11, { type XClient, type XDisplay, type XEvent } from "x11";

const Z_PIXMAP = 2;
const STRING_8 = 8;
const SELECTION_NOTIFY = 31;
const INCLUDE_INFERIORS = 1;

type Reply<T> = (error: Error | null, value: T) => void;
const reply = <T>(ask: (done: Reply<T>) => void): Promise<T> =>
  new Promise((resolve, reject) => ask((error, value) => (error ? reject(error) : resolve(value))));

/** A program on the X display of a test: it draws on the root window, and copies and pastes. */
export class XProgram {
  readonly #x: XClient;
  readonly #root: number;
  readonly #window: number;
  readonly #gc: number;
  #copied: string | null = null;
  #pasted: ((event: XEvent) => void) | null = null;
  #atoms = new Map<string, number>();

  private constructor({ client, screen }: XDisplay) {
    this.#x = client;
    this.#root = screen[0]!.root;
    this.#gc = client.AllocID();
    client.CreateGC(this.#gc, this.#root, { subwindowMode: INCLUDE_INFERIORS });
    this.#window = client.AllocID();
    client.CreateWindow(this.#window, this.#root, 0, 0, 1, 1, 0, 0, 0, 0, {});
    client.on("error", () => {});
    client.on("event", (event) => {
      if (event.name === "SelectionRequest") this.#serve(event);
      if (event.name === "SelectionNotify") this.#pasted?.(event);
    });
  }

  static async start(display: string): Promise<XProgram> {
    const program = new XProgram(await reply<XDisplay>((done) => x11.createClient({ display }, done)));
    // The package keeps one table for all X servers, whose atoms are not the same.
    program.#x.atoms = {};
    for (const name of ["CLIPBOARD", "PRIMARY", "UTF8_STRING", "TARGETS", "TIMESTAMP", "ATOM", "PASTED"])
      program.#atoms.set(name, await reply<number>((done) => program.#x.InternAtom(false, name, done)));
    return program;
  }

  #atom(name: string): number {
    return this.#atoms.get(name)!;
  }

  /** Draws a rectangle of one colour (0xRRGGBB); resolves when the X server has drawn it. */
  async fill(colour: number, x: number, y: number, width: number, height: number): Promise<void> {
    this.#x.ChangeGC(this.#gc, { foreground: colour });
    this.#x.PolyFillRectangle(this.#root, this.#gc, [x, y, width, height]);
    await this.pointer();
  }

  /** Moves a part of the picture, as scrolling does. */
  async copyArea(from: [number, number], to: [number, number], width: number, height: number): Promise<void> {
    this.#x.CopyArea(this.#root, this.#root, this.#gc, ...from, ...to, width, height);
    await this.pointer();
  }

  /** The colours (0xRRGGBB) of a rectangle, as the X server itself has them; no pointer among them. */
  async pixels(x: number, y: number, width: number, height: number): Promise<number[]> {
    const { data } = await reply<{ data: Buffer }>((done) => this.#x.GetImage(Z_PIXMAP, this.#root, x, y, width, height, 0xffffffff, done));
    return Array.from({ length: width * height }, (_, i) => data.readUInt32LE(4 * i) & 0xffffff);
  }

  async pointer(): Promise<{ x: number; y: number }> {
    const { rootX, rootY } = await reply<{ rootX: number; rootY: number }>((done) => this.#x.QueryPointer(this.#root, done));
    return { x: rootX, y: rootY };
  }

  async warp(x: number, y: number): Promise<void> {
    this.#x.WarpPointer(0, this.#root, 0, 0, 0, 0, x, y);
    await this.pointer();
  }

  /** Owns the clipboard from now on, with this text; or has it marked (PRIMARY). */
  async copy(text: string, selection: "CLIPBOARD" | "PRIMARY" = "CLIPBOARD"): Promise<void> {
    this.#copied = text;
    this.#x.SetSelectionOwner(this.#window, this.#atom(selection));
    await this.pointer();
  }

  #serve({ requestor, selection, target, property, time }: XEvent): void {
    const give = (type: number, units: number, data: Buffer) => this.#x.ChangeProperty(0, requestor, property, type, units, data);
    if (target === this.#atom("TARGETS")) {
      const targets = Buffer.alloc(8);
      targets.writeUInt32LE(this.#atom("TARGETS"), 0);
      targets.writeUInt32LE(this.#atom("UTF8_STRING"), 4);
      give(this.#atom("ATOM"), 32, targets);
    } else give(target, STRING_8, Buffer.from(this.#copied ?? ""));
    this.#x.SendEvent(requestor, 0, 0, { type: SELECTION_NOTIFY, name: "SelectionNotify", time, requestor, selection, target, property });
  }

  /** The text on the clipboard, asked for as a program that pastes does; null when nobody has any. */
  async paste(): Promise<string | null> {
    const came = new Promise<XEvent>((resolve) => {
      this.#pasted = resolve;
    });
    this.#x.ConvertSelection(this.#window, this.#atom("CLIPBOARD"), this.#atom("UTF8_STRING"), this.#atom("PASTED"));
    if ((await came).property === 0) return null;
    const { data } = await reply<{ data: Buffer }>((done) => this.#x.GetProperty(1, this.#window, this.#atom("PASTED"), 0, 0, 1e6, done));
    return data.toString();
  }

  close(): void {
    this.#x.terminate();
  }
}
