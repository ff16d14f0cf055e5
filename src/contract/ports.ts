import { z } from "zod";
import { Port } from "./network.ts";

export const PublishPort = z.strictObject({
  port: Port,
  public: z.boolean().default(false).describe("Anybody may open it; otherwise a port link or the API key is needed"),
});
export type PublishPort = z.infer<typeof PublishPort>;
export type PublishPortInput = z.input<typeof PublishPort>;

/** A port of the guest's loopback under a host name of its own. */
export const PublishedPort = z
  .object({
    port: Port,
    url: z.string().describe("http://<port>-<name>.localhost:<the service's port>/, or under VITRINE_DOMAIN"),
    public: z.boolean(),
    link_url: z.string().nullable().describe("The URL with the computer's own link to the port; null when it is public"),
  })
  .meta({ id: "PublishedPort" });
export type PublishedPort = z.infer<typeof PublishedPort>;

export const MAX_WAIT_S = 600;
export const PortState = PublishedPort.extend({ listening: z.boolean().describe("A server takes connections there") }).meta({
  id: "PortState",
});
export type PortState = z.infer<typeof PortState>;
