import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";

const CLI = new URL("../../bin/vitrine.mjs", import.meta.url).pathname;

/** What a connected client is called by. */
export const toolsOf = (client: Client) => {
  /** One call's answer: its texts and its pictures. */
  const call = async (name: string, input: object = {}) => {
    const { content, isError = false } = await client.callTool({ name, arguments: { ...input } });
    const texts = content.flatMap((block) => (block.type === "text" ? [block.text] : []));
    return { isError, texts, text: texts[0] ?? "", images: content.flatMap((block) => (block.type === "image" ? [block] : [])) };
  };
  const create = async (input: object = {}) => JSON.parse((await call("computer_create", input)).text);
  return { call, create };
};

/** A process of `vitrine mcp` and the SDK's client of it. */
export const startMcp = async ({ url, apiKey }: { url: string; apiKey: string }) => {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [CLI, "mcp"],
    env: { ...(process.env as Record<string, string>), VITRINE_URL: url, VITRINE_API_KEY: apiKey },
    stderr: "pipe",
  });
  let complaints = "";
  transport.stderr?.on("data", (chunk) => {
    complaints += chunk;
  });
  const client = new Client({ name: "test", version: "1" });
  await client.connect(transport);

  return { client, transport, ...toolsOf(client), complaints: () => complaints };
};
