import { Network, NetworkTrial, PatchNetwork } from "../network.ts";
import type { Route } from "../route.ts";

/** What a computer reaches of the network. */
export const network = {
  getNetwork: {
    method: "get",
    path: "/v1/computers/{id}/network",
    summary: "The network policy of a computer, and what went where",
    status: 200,
    answer: Network,
    errors: ["computer_not_found"],
  },
  setNetwork: {
    method: "patch",
    path: "/v1/computers/{id}/network",
    summary: "Change the fields of the network policy that are given; holds at once, and ends connections that it no longer allows",
    body: PatchNetwork,
    status: 200,
    answer: Network,
    errors: ["computer_not_found", "wrong_state"],
  },
  tryNetwork: {
    method: "post",
    path: "/v1/computers/{id}/network/trial",
    summary: "What a change of the network policy would allow of what was refused, and what it would not; changes nothing",
    body: PatchNetwork,
    status: 200,
    answer: NetworkTrial,
    errors: ["computer_not_found"],
    audited: false,
  },
} as const satisfies Record<string, Route>;
