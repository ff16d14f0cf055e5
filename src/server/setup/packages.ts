import { findExecutable, searchPath } from "./executables.ts";

/** One program the host must have, the Debian package that brings it, and what it is for. */
export interface Requirement {
  executable: string;
  debianPackage: string;
  why: string;
}

const need = (executable: string, debianPackage: string, why: string): Requirement => ({ executable, debianPackage, why });

/** What the service runs. */
export const SERVICE_NEEDS: readonly Requirement[] = [
  need("qemu-system-x86_64", "qemu-system-x86", "runs the microVMs"),
  need("qemu-img", "qemu-utils", "makes their disks"),
  need("socat", "socat", "carries the guest link out of the machine's network namespace"),
  need("bwrap", "bubblewrap", "makes the namespaces that confine a machine"),
  need("setpriv", "util-linux", "drops privileges"),
  need("prlimit", "util-linux", "bounds what a machine may open"),
  need("ffmpeg", "ffmpeg", "records video"),
  need("mmdebstrap", "mmdebstrap", "builds the guest image"),
  need("mke2fs", "e2fsprogs", "makes the guest image's file system"),
  // Real ownership in the image, for whoever is not root.
  ...(process.getuid?.() === 0
    ? []
    : [
        need("fakeroot", "fakeroot", "builds the guest image as an ordinary user"),
        need("newuidmap", "uidmap", "maps users while it is built"),
      ]),
];

/** What only the tests and the benchmarks run. */
export const TEST_NEEDS: readonly Requirement[] = [
  need("chromium", "chromium", "the bare browser that tests watch with and benchmarks compare to"),
  need("Xtigervnc", "tigervnc-standalone-server", "a display for tests without a guest"),
  need("openbox", "openbox", "a window manager for tests without a guest"),
  need("cpio", "cpio", "reads the initramfs in its test"),
  need("zsh", "zsh", "completes our command in its test"),
  need("fish", "fish", "completes our command in its test"),
  need("httpx", "python3-httpx", "what an example in Python speaks HTTP with"),
];

/** What only the benchmarks run, as baselines. */
export const BENCH_NEEDS: readonly Requirement[] = [
  need("xdotool", "xdotool", "the usual way to click, which benchmarks compare to"),
  need("scrot", "scrot", "the usual way to take a picture, which benchmarks compare to"),
];

export const missingRequirements = (needs: readonly Requirement[], dirs = searchPath()): Requirement[] =>
  needs.filter(({ executable }) => findExecutable(executable, dirs) === null);

/** The Debian packages of `needs`, each once, sorted. */
export const packagesFor = (needs: readonly Requirement[]): string[] => [...new Set(needs.map((n) => n.debianPackage))].sort();
