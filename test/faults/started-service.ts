import { afterAll } from "vitest";
import { type ServiceProcess, serviceProcess } from "../support/service-process.ts";

/** A service that serves for the whole of a test file, and is gone with all it has after it. */
export const startedService = async (env: Record<string, string> = {}): Promise<ServiceProcess> => {
  const service = await serviceProcess(env);
  afterAll(async () => {
    await service.stop();
    service.remove();
  });
  await service.start();
  return service;
};
