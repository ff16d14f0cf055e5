// `vitrine-server/local`: the service for programs that run it in themselves, as Vitrine.local() of the client does.
import { isNewEnough, OLDEST_MAJOR } from "./lib/node24.mjs";
import { entry } from "./lib/where.mjs";

if (!isNewEnough()) throw new Error(`vitrine-server runs on Node ${OLDEST_MAJOR} or newer; this is ${process.versions.node}`);
export const { startLocal } = await import(entry("local"));
