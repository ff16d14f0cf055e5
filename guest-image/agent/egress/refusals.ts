import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { log } from "../log.ts";
import type { Outlet } from "./outlet.ts";

/** As egress.nft has the kernel log it. */
const LINE = /vitrine-refused: .*?\bDST=([\da-f.:]+) .*?\bPROTO=(\w+)(?:.*?\bDPT=(\d+))?/i;
/** Before the reader of the kernel's log is started again. Milliseconds. */
const AGAIN_MS = 10_000;

/** Tells the host of the packets that the guest's kernel did not let out, as far as it logs them. `dmesg` is dmesg(1). */
export const followRefusals = (outlet: Outlet, dmesg: string): void => {
  const child = spawn(dmesg, ["--follow-new"], { stdio: ["ignore", "pipe", "ignore"] });
  child.on("error", (error) => log("the kernel's log cannot be read", error));
  child.once("close", () => setTimeout(() => followRefusals(outlet, dmesg), AGAIN_MS).unref());
  createInterface({ input: child.stdout }).on("line", (line) => {
    const [, address, protocol, port] = LINE.exec(line) ?? [];
    if (address === undefined || protocol === undefined) return;
    outlet.refused({ protocol: protocol.toLowerCase(), address, port: port === undefined ? null : Number(port) });
  });
};
