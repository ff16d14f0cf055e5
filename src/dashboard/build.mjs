// The dashboard as the service serves it: its pages and, below assets/dashboard, files named by what is in them.
import { fileURLToPath } from "node:url";

/** Builds into a folder, which is emptied first. Vite is loaded here, so that a service that has the files needs none. */
export const buildDashboard = async (outDir) => {
  const { build } = await import("vite");
  const here = (name) => fileURLToPath(new URL(name, import.meta.url));
  await build({
    root: here("."),
    configFile: false,
    envFile: false,
    logLevel: "error",
    build: {
      outDir,
      emptyOutDir: true,
      assetsDir: "assets/dashboard",
      assetsInlineLimit: 0,
      rolldownOptions: { input: [here("index.html"), here("terminal.html")] },
      target: "es2023",
      modulePreload: { polyfill: false },
    },
  });
};
