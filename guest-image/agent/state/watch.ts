import { type FSWatcher, statSync, watch } from "node:fs";
import { dirname } from "node:path";

const inode = (path: string): number | null => {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats?.isDirectory() ? stats.ino : null;
};

/**
 * Calls back with the name of each entry of `dir` that changes (null when anything may have), also when the folder itself is made later or anew. Returns the
 * way to end it.
 */
export const watchFolder = (dir: string, onChange: (name: string | null) => void): (() => void) => {
  let watcher: FSWatcher | null = null;
  let ended = false;

  // Watches the folder, or while it is not there the nearest folder above it.
  const arm = () => {
    watcher?.close();
    watcher = null;
    if (ended) return;
    let at = dir;
    while (inode(at) === null) at = dirname(at);
    const armed = inode(at);
    watcher = watch(at, (_, name) => {
      if (at !== dir || inode(at) !== armed) {
        arm();
        onChange(null);
      } else onChange(name);
    });
    watcher.on("error", arm);
    // What was made between the look and the watch.
    if (at !== dir && inode(dir) !== null) arm();
  };
  arm();
  return () => {
    ended = true;
    watcher?.close();
  };
};
