import { afterEach, vi } from "vitest";
import { type Handler, type Service, startService } from "../client/service.ts";

/** Services for the command lines of one file: `serve` begins one that the next commands speak to, `service` is the present one; each ends with its test. `always` is served, too. */
export const serving = (always: Record<string, Handler> = {}) => {
  let service: Service | undefined;
  afterEach(async () => {
    vi.unstubAllEnvs();
    await service?.close();
    service = undefined;
  });
  return {
    serve: async (routes: Record<string, Handler>): Promise<void> => {
      service = await startService({ ...always, ...routes });
      vi.stubEnv("VITRINE_URL", service.url);
      vi.stubEnv("VITRINE_API_KEY", "key-of-the-test");
    },
    service: (): Service | undefined => service,
  };
};
