/** What a file holds, as a hash; null: there is none. */
export type Content = string | null;

interface Entry {
  /** One of these is there now. */
  may: Set<Content>;
  /** And one of these when the guest's memory is lost before it has been synced. */
  unsynced: Set<Content>;
  /** One end of a move: the content is here or at that path. */
  twin: { path: string; content: Content } | null;
}

/** What is lost with the guest's memory, whatever is synced. */
const inMemory = (path: string): boolean => path.startsWith("/dev/shm/");

/**
 * What the API has promised of the files of one computer. A change that has begun may have happened; one that was acknowledged has. What is read must be one of the things
 * that may be, and is from then on known.
 */
export class FileBook {
  readonly #entries = new Map<string, Entry>();
  /** Copies that are being made: what begins meanwhile may be in them. */
  readonly #copies = new Set<FileBook>();

  #entry(path: string): Entry {
    const known = this.#entries.get(path) ?? { may: new Set<Content>([null]), unsynced: new Set<Content>([null]), twin: null };
    this.#entries.set(path, known);
    return known;
  }

  paths(): string[] {
    return [...this.#entries.keys()];
  }

  /** Its content, where that is certain, come what may. */
  certain(path: string): Content | undefined {
    const entry = this.#entries.get(path);
    if (!entry) return null;
    const [content, ...others] = new Set([...entry.may, ...entry.unsynced]);
    return others.length === 0 ? content : undefined;
  }

  begin(path: string, next: Content): void {
    for (const book of [this, ...this.#copies]) {
      const entry = book.#entry(path);
      entry.may.add(next);
      entry.unsynced.add(next);
      entry.twin = null;
    }
  }

  /** It is on the disk, too: the agent syncs what it answers for. */
  acknowledged(path: string, next: Content): void {
    const entry = this.#entry(path);
    entry.may = new Set([next]);
    entry.unsynced = new Set([next]);
    entry.twin = null;
  }

  beginMove(from: string, to: string, content: Content): void {
    this.begin(from, null);
    this.begin(to, content);
    this.#entry(from).twin = { path: to, content };
    this.#entry(to).twin = { path: from, content };
  }

  /** The guest's memory is lost, or may be. */
  memoryLost(): void {
    for (const [path, entry] of this.#entries) {
      for (const content of inMemory(path) ? [null] : entry.unsynced) entry.may.add(content);
    }
  }

  /** False when this may not be. */
  seen(path: string, content: Content): boolean {
    const entry = this.#entry(path);
    if (!entry.may.has(content)) return false;
    entry.may = new Set([content]);
    // What has left here has come there.
    if (entry.twin && content !== entry.twin.content) this.#entry(entry.twin.path).may = new Set([entry.twin.content]);
    return true;
  }

  /** A copy that begins to be made. */
  copy(): FileBook {
    const copy = new FileBook();
    for (const [path, { may, unsynced, twin }] of this.#entries)
      copy.#entries.set(path, { may: new Set(may), unsynced: new Set(unsynced), twin });
    this.#copies.add(copy);
    return copy;
  }

  /** The copy is made, or never will be. */
  copied(copy: FileBook): void {
    this.#copies.delete(copy);
  }
}
