import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { build } from "esbuild";

const require = createRequire(import.meta.url);
/** The package's only export is core/rfb.js; its other files are reached by path. */
export const NOVNC_DIR = join(dirname(require.resolve("@novnc/novnc")), "..");

const bundle = async (): Promise<string> => {
  const { outputFiles } = await build({
    entryPoints: [join(NOVNC_DIR, "core/rfb.js")],
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    target: "es2022",
    banner: { js: "/* noVNC, licensed under MPL 2.0; its source is at /assets/novnc/ */" },
    logLevel: "silent",
  });
  return outputFiles[0]!.text;
};

let made: Promise<string> | undefined;

/** noVNC as one module: its fifty files took as many requests, in a chain six deep, before the first picture. Made once. */
export const novncBundle = (): Promise<string> => {
  made ??= bundle().catch((error) => {
    made = undefined;
    throw error;
  });
  return made;
};
