import type { Status } from "../../contract/computer.ts";
import type { Engine } from "./engine.ts";

/** With a machine, or about to have one. */
const WITH_MACHINE: readonly Status[] = ["creating", "running", "starting", "restoring", "stopping"];

/** Whatever of this service has a claim on the host: computers, and those that wait or are being prepared to. */
export const claimants = ({ store, waiting, preparing }: Engine) => [
  ...store.computers
    .living()
    .filter(({ status }) => WITH_MACHINE.includes(status))
    .map(({ spec: { vcpus, ram_mb }, machine }) => ({ vcpus, ram_mb, pid: machine?.identity.pid ?? null })),
  ...[...waiting.values()].map(({ shape: { vcpus, ram_mb }, machine }) => ({ vcpus, ram_mb, pid: machine.record.identity.pid })),
  ...[...preparing].map(({ spec: { vcpus, ram_mb } }) => ({ vcpus, ram_mb, pid: null })),
];
