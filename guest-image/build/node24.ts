import { NODE_PACKAGE, nodeFromNpm } from "../../bin/lib/node24.mjs";
import { VitrineError } from "../../src/contract/errors.ts";

export { NODE_PACKAGE };

/** Path of the Node binary that runs the guest agent. Throws setup_incomplete. */
export const ensureNode24 = async (cacheDir: string): Promise<string> => {
  try {
    return await nodeFromNpm(cacheDir);
  } catch (error) {
    throw new VitrineError("setup_incomplete", { reason: (error as Error).message }, { cause: error });
  }
};
