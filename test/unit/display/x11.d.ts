/** The package has no types of its own; this is what the tests use of it. */
declare module "x11" {
  type Callback<T> = (error: Error | null, value: T) => void;
  export interface XEvent {
    name: string;
    time: number;
    requestor: number;
    selection: number;
    target: number;
    property: number;
  }
  export interface XClient {
    atoms: Record<string, number>;
    AllocID(): number;
    CreateWindow(id: number, parent: number, ...rest: unknown[]): void;
    CreateGC(id: number, drawable: number, values: object): void;
    ChangeGC(id: number, values: object): void;
    PolyFillRectangle(drawable: number, gc: number, coordinates: number[]): void;
    CopyArea(from: number, to: number, gc: number, fx: number, fy: number, x: number, y: number, width: number, height: number): void;
    WarpPointer(from: number, to: number, fx: number, fy: number, width: number, height: number, x: number, y: number): void;
    QueryPointer(window: number, done: Callback<{ rootX: number; rootY: number }>): void;
    GetImage(
      format: number,
      drawable: number,
      x: number,
      y: number,
      width: number,
      height: number,
      planes: number,
      done: Callback<{ data: Buffer }>,
    ): void;
    InternAtom(onlyIfExists: boolean, name: string, done: Callback<number>): void;
    SetSelectionOwner(owner: number, selection: number): void;
    ConvertSelection(requestor: number, selection: number, target: number, property: number): void;
    ChangeProperty(mode: number, window: number, name: number, type: number, units: number, data: Buffer): void;
    GetProperty(
      remove: number,
      window: number,
      name: number,
      type: number,
      offset: number,
      length: number,
      done: Callback<{ data: Buffer }>,
    ): void;
    SendEvent(window: number, propagate: number, mask: number, event: object): void;
    on(event: "event", listener: (event: XEvent) => void): void;
    on(event: "error", listener: (error: Error) => void): void;
    terminate(): void;
  }
  export interface XDisplay {
    client: XClient;
    screen: { root: number }[];
  }
  const x11: { createClient(options: { display: string }, done: Callback<XDisplay>): void };
  export default x11;
}
