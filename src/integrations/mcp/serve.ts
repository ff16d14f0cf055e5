import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { McpServer } from "@modelcontextprotocol/server";
import { StdioServerTransport, serveStdio } from "@modelcontextprotocol/server/stdio";
import type { Vitrine } from "../../client/index.ts";
import { Session } from "./session.ts";
import { TOOLS } from "./tools/index.ts";

const INSTRUCTIONS =
  "Vitrine gives you computers: small Linux virtual machines with a Chromium that you can drive and the user can watch. Create one with computer_create; tools take it when you name none. " +
  "For web pages use browser_navigate, browser_read_page and browser_click with the refs that browser_read_page gives; screenshot and computer_act are for all else on the screen. " +
  "What you create is deleted when this session ends, unless you create it with keep.";

/** An MCP server with the tools, for one session. */
export const mcpServer = (session: Session, version: string): McpServer => {
  const server = new McpServer({ name: "vitrine", version }, { capabilities: { tools: {} }, instructions: INSTRUCTIONS });
  for (const { name, run, ...config } of TOOLS)
    server.registerTool(name, config, (input, { mcpReq }) =>
      run(input as never, { session, signal: AbortSignal.any([mcpReq.signal, session.signal]) }),
    );
  return server;
};

export interface StdioOptions {
  vitrine: Vitrine;
  version: string;
  stdin: Readable;
  stdout: Writable;
  /** Says what goes wrong beside the protocol. */
  complain(message: string): void;
  /** Ends the session, as the end of stdin does. */
  signal: AbortSignal;
}

/** Serves one client; resolves when it has gone and its computers are deleted. */
export const serveOnStdio = async ({ vitrine, version, stdin, stdout, complain, signal }: StdioOptions): Promise<void> => {
  const session = new Session(vitrine);
  const gone = Promise.race([once(stdin, "end", { signal }), once(stdin, "close", { signal })]).catch(() => {});
  const handle = serveStdio(() => mcpServer(session, version), {
    transport: new StdioServerTransport(stdin, stdout),
    onerror: ({ message }) => complain(message),
  });
  await gone;
  try {
    await session.end();
  } finally {
    await handle.close();
  }
};
