import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const readOrMake = (file: string, make: () => string): string => {
  try {
    writeFileSync(file, `${make()}\n`, { mode: 0o600, flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  return readFileSync(file, "utf8").trim();
};

/** The operator's API key: VITRINE_API_KEY, or the one in `<data>/api-key`, made at the first start. */
export const loadApiKey = (dataDir: string, given: string | undefined): string =>
  given ?? readOrMake(join(dataDir, "api-key"), () => `vtr_${randomBytes(24).toString("base64url")}`);

/** Signs what this service hands out. The key is in `<data>/signing-key`; without it no link and no guest secret can be made. */
export const loadSigner = (dataDir: string): Signer => {
  const key = Buffer.from(
    readOrMake(join(dataDir, "signing-key"), () => randomBytes(32).toString("base64url")),
    "base64url",
  );
  return (purpose, text) => createHmac("sha256", key).update(`${purpose}\0${text}`).digest("base64url");
};
/** A 256-bit MAC as 43 characters of base64url. */
export type Signer = (purpose: "link" | "session" | "sign-in" | "guest" | "recording", text: string) => string;

/** Compares without telling by its time where the two differ, nor their lengths. */
export const sameSecret = (a: string, b: string): boolean =>
  timingSafeEqual(createHash("sha256").update(a).digest(), createHash("sha256").update(b).digest());
