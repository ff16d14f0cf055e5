import { createHash } from "node:crypto";
import { type Computer, type CreateComputerInput, type Vitrine, VitrineError } from "../../client/index.ts";
import { GUEST_USER } from "../../contract/guest/protocol.ts";
import type { PatchNetworkInput } from "../../contract/network.ts";
import type { CommandOptions } from "../shared/functions.ts";
import { portEndpoint } from "./endpoint.ts";
import { sandboxSession } from "./sandbox.ts";

// As the client's own peers: where the package is missing its types are `any`, instead of an error in every project that checks our declarations.

// biome-ignore lint/suspicious/noTsIgnore: kept in the declarations, where there may or may not be an error.
/** @ts-ignore */
export type SandboxProvider = import("@ai-sdk/harness").HarnessV1SandboxProvider;
// biome-ignore lint/suspicious/noTsIgnore: as above.
/** @ts-ignore */
export type NetworkSandboxSession = import("@ai-sdk/harness").HarnessV1NetworkSandboxSession;
// biome-ignore lint/suspicious/noTsIgnore: as above.
/** @ts-ignore */
type NetworkPolicy = import("@ai-sdk/harness").HarnessV1NetworkPolicy;

/** How the harness's commands run, and which ports of the computer its bridge may listen at. */
export interface NetworkSandboxOptions extends CommandOptions {
  /** Only who has a port's endpoint reaches it. */
  ports?: readonly number[];
}

/** Where a provider's computers are, and what they are like. */
export interface SandboxProviderOptions extends NetworkSandboxOptions {
  vitrine: Pick<Vitrine, "computers">;
  computer?: Omit<CreateComputerInput, "name">;
}

const PROVIDER_ID = "vitrine";

/** The policy as a whole; `deny` and `host_ports` are the computer's own. */
const policyOf = (policy: NetworkPolicy): PatchNetworkInput => {
  if (policy.mode !== "custom") return { mode: policy.mode === "allow-all" ? "open" : "off", allow: [], allow_cidrs: [], deny_cidrs: [] };
  const { allowedHosts = [], allowedCIDRs = [], deniedCIDRs = [] } = policy;
  return { mode: "restricted", allow: [...allowedHosts], allow_cidrs: [...allowedCIDRs], deny_cidrs: [...deniedCIDRs] };
};

/** A computer as the sandbox of a HarnessAgent's session: its files and processes, and its ports, network and end. Errors: port_not_publishable. */
export const networkSandboxSession = async (
  computer: Computer,
  { ports: wanted = [], ...options }: NetworkSandboxOptions = {},
): Promise<NetworkSandboxSession> => {
  const session = sandboxSession(computer, options);
  let ports: readonly number[] = [];
  const setPorts = async (next: readonly number[], { abortSignal: signal }: { abortSignal?: AbortSignal } = {}) => {
    for (const port of next) await computer.ports.publish(port, { signal });
    for (const port of ports.filter((port) => !next.includes(port))) await computer.ports.unpublish(port, { signal });
    ports = [...next];
  };
  await setPorts(wanted);
  const getPortEndpoint: NetworkSandboxSession["getPortEndpoint"] = async ({ port, protocol }) => {
    if (!ports.includes(port)) throw new VitrineError("port_not_published", { port });
    return portEndpoint(await computer.ports.publish(port), protocol);
  };
  return {
    ...session,
    id: computer.name,
    defaultWorkingDirectory: options.cwd ?? GUEST_USER.home,
    get ports() {
      return ports;
    },
    setPorts,
    getPortEndpoint,
    getPortUrl: async (options) => (await getPortEndpoint(options)).url,
    setNetworkPolicy: async (policy) => void (await computer.egress.set(policyOf(policy))),
    stop: async () => void (await computer.stop()),
    destroy: () => computer.delete(),
    restricted: () => session,
  };
};

/** A name for a computer that any process finds again; ids of sessions may have characters that names may not. */
const nameOf = (sessionId: string) => `harness-${createHash("sha256").update(sessionId).digest("hex").slice(0, 32)}`;

/** What a harness shows as a matter of its set-up. */
const authenticated = async <T>(work: Promise<T>): Promise<T> => {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof VitrineError) || error.code !== "unauthorized") throw error;
    const { HarnessSandboxAuthenticationError } = await import("@ai-sdk/harness");
    throw new HarnessSandboxAuthenticationError({ message: error.message, sandboxProviderId: PROVIDER_ID, cause: error });
  }
};

/**
 * The AI SDK's `sandbox` of a HarnessAgent: each session has a computer of its own, which stop() suspends, destroy() deletes, and any process finds again by
 * the session's id. What fails before a session is there leaves no computer.
 */
export const sandboxProvider = ({ vitrine, computer: input, ...options }: SandboxProviderOptions): SandboxProvider => ({
  specificationVersion: "harness-sandbox-v1",
  providerId: PROVIDER_ID,
  createSession: async ({ sessionId, abortSignal, onFirstCreate } = {}) => {
    const given = { ...input, ...(sessionId !== undefined && { name: nameOf(sessionId) }) };
    const computer = await authenticated(vitrine.computers.create(given, { signal: abortSignal }));
    try {
      const session = await networkSandboxSession(computer, options);
      await onFirstCreate?.(session.restricted(), { ...(abortSignal && { abortSignal }) });
      return session;
    } catch (error) {
      await computer.delete().catch(() => {});
      throw error;
    }
  },
  resumeSession: async ({ sessionId, abortSignal: signal }) => {
    const computer = await authenticated(vitrine.computers.get(nameOf(sessionId), { signal }));
    if (computer.status !== "running") await computer.start({ signal });
    return networkSandboxSession(computer, options);
  },
});
