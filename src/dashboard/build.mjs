// The dashboard as the service serves it: index.html and, below assets/dashboard, files named by what is in them.
import { fileURLToPath } from "node:url";

/** Builds into a folder, which is emptied first. Vite is loaded here, so that a service that has the files needs none. */
export const buildDashboard = async (outDir) => {
  const { build } = await import("vite");
  await build({
    root: fileURLToPath(new URL(".", import.meta.url)),
    configFile: false,
    envFile: false,
    logLevel: "error",
    build: {
      outDir,
      emptyOutDir: true,
      assetsDir: "assets/dashboard",
      assetsInlineLimit: 0,
      target: "es2023",
      modulePreload: { polyfill: false },
    },
  });
};
