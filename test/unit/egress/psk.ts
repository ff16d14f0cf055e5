import type { ConnectionOptions, TlsOptions } from "node:tls";

/** TLS without certificates, which would run out. */
const psk = Buffer.alloc(16, 1);
const common = { ciphers: "PSK", maxVersion: "TLSv1.2" } as const;
export const serverKey: TlsOptions = { ...common, pskCallback: () => psk };
export const clientKey: ConnectionOptions = {
  ...common,
  pskCallback: () => ({ psk, identity: "test" }),
  checkServerIdentity: () => undefined,
};
