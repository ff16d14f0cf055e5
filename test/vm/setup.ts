import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import type { TestProject } from "vitest/node";
import { serveForm } from "../../examples/form-page.mjs";
import { Vitrine } from "../../src/client/index.ts";
import { serve } from "../../src/server/main.ts";
import { readConfig } from "../../src/server/setup/config.ts";
import { fakeInternet } from "../support/internet.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The service, and the one booted computer that the VM tests share. */
    vm: { url: string; apiKey: string; dataDir: string; computerId: string; formPort: number; pagePort: number };
  }
}

/** Where tests leave pictures for a person to look at. */
const PICTURES = join(tmpdir(), "vitrine-test-pictures");

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  mkdirSync(PICTURES, { recursive: true });
  const dataDir = mkdtempSync(join(tmpdir(), "vt-"));
  const form = await serveForm();
  const pages = createServer((request, response) => {
    response.setHeader("Content-Type", "text/html; charset=utf-8");
    response.end(`<!doctype html><title>${request.url}</title><body>hello from the host`);
  });
  await new Promise<void>((resolve) => pages.listen(0, "127.0.0.1", resolve));
  const pagePort = (pages.address() as { port: number }).port;

  // Ten small computers beside the shared one are more than a small host promises memory to.
  const config = { ...readConfig({ VITRINE_RAM_FACTOR: "2", ...process.env }), listen: { host: "127.0.0.1", port: 0 }, dataDir };
  // The programs of the README open this page.
  const internet = fakeInternet();
  await internet.put(form.server, "93.184.216.34", 80, "example.com");
  const service = await serve(config, {
    internet,
    log: pino({ level: "info" }, pino.destination(join(PICTURES, "service.log"))),
    progress: ({ message }) => console.log(message),
  });
  const vitrine = new Vitrine(service);
  const computer = await vitrine.computers.create({
    name: "shared",
    network: { host_ports: [form.port, pagePort] },
    browser: { viewport: { width: 1024, height: 768 } },
    env: { GREETING: "hello" },
  });
  project.provide("vm", { url: service.url, apiKey: service.apiKey, dataDir, computerId: computer.id, formPort: form.port, pagePort });

  return async () => {
    for await (const one of vitrine.computers.all()) await one.delete();
    await service.close();
    await form.close();
    pages.closeAllConnections();
    pages.close();
    rmSync(dataDir, { recursive: true });
  };
}
