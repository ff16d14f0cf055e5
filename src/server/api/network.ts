import type { Handlers } from "./operate.ts";

export const networkHandlers = (): Pick<Handlers, "getNetwork" | "setNetwork"> => ({
  getNetwork: ({ params, computers }) => computers.network(params.id),
  setNetwork: ({ params, body, computers }) => computers.setNetwork(params.id, body),
});
