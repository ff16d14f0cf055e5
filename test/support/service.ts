import { randomBytes } from "node:crypto";
import { pino } from "pino";
import type { Host } from "../../src/server/host.ts";
import { DEFAULT_UIDS } from "../../src/server/machine/confinement/walls.ts";
import { serve } from "../../src/server/main.ts";
import type { Config } from "../../src/server/setup/config.ts";
import { type FakeFleet, fakeFleet } from "./fake-machine.ts";

export interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
  body: any;
}

export interface TestService {
  url: string;
  apiKey: string;
  fleet: FakeFleet;
  /** Lines that were logged. */
  logged: string[];
  call(method: string, path: string, body?: unknown, init?: RequestInit): Promise<Answer>;
  close(): Promise<void>;
}

/** A host of which nothing is needed and nothing runs out. */
export const fakeHost = (fleet: Pick<FakeFleet, "driver" | "openGuest">): Host => ({
  machines: fleet.driver,
  openGuest: fleet.openGuest,
  rehearse: async () => {},
  template: async () => null,
  refer: async () => {},
  unrefer: async () => {},
  discard: async () => {},
  image: async (template) => ({ id: "fake", template, kernel: "", initrd: "", rootDisk: "" }),
  hasImage: async (template) => template === "browser",
  sweep: async () => {},
  meter: {
    resources: () => ({ ramMb: 1e6, ramAvailableMb: 1e6, cpus: 64, diskMb: 1e6, diskFreeMb: 1e6 }),
    ownMb: () => 0,
    cpuS: () => 0,
  },
  bootDeadlineMs: 20_000,
  overheadMb: 100,
  about: "fake machines",
});

/** The whole service on fake machines, on a free port, with its data in `dataDir`. */
export const startService = async (
  dataDir: string,
  fleet: FakeFleet = fakeFleet(),
  options: { config?: Partial<Config>; host?: Partial<Host>; sweepMs?: number; dashboard?: string } = {},
): Promise<TestService> => {
  const logged: string[] = [];
  const config: Config = {
    listen: { host: "127.0.0.1", port: 0 },
    dataDir,
    cacheDir: dataDir,
    apiKey: randomBytes(12).toString("hex"),
    allowedHosts: [],
    logLevel: "debug",
    templatesMb: 1024,
    uids: DEFAULT_UIDS,
    pool: {},
    ...options.config,
  };
  const service = await serve(config, {
    log: pino({ level: "debug" }, { write: (line: string) => void logged.push(line) }),
    host: { ...fakeHost(fleet), ...options.host },
    dashboard: options.dashboard ?? null,
    ...(options.sweepMs !== undefined && { sweepMs: options.sweepMs }),
  });
  const call: TestService["call"] = async (method, path, body, init = {}) => {
    const response = await fetch(service.url + path, {
      method,
      ...(body !== undefined && { body: typeof body === "string" || body instanceof Uint8Array ? body : JSON.stringify(body) }),
      ...init,
      headers: { Authorization: `Bearer ${service.apiKey}`, ...(init.headers as Record<string, string>) },
    });
    const type = response.headers.get("content-type") ?? "";
    return {
      status: response.status,
      headers: response.headers,
      body: type.includes("json") ? await response.json() : await response.text(),
    };
  };
  const close = async () => {
    await service.close();
    for (const agent of fleet.agents()) agent.kill("SIGKILL");
  };
  return { url: service.url, apiKey: service.apiKey, fleet, logged, call, close };
};
