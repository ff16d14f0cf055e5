import { VitrineError } from "../../contract/errors.ts";

const MAX_BODY = 16 * 1024 * 1024;

/** Chromium's answer as a whole. Throws browser_unavailable when it is too large. */
export const readBody = async (response: AsyncIterable<Buffer>): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    size += chunk.length;
    if (size > MAX_BODY) throw new VitrineError("browser_unavailable", { reason: `its answer is larger than ${MAX_BODY} bytes` });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
};

/** Throws browser_unavailable when it is not JSON. */
export const parseJson = (body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch (cause) {
    throw new VitrineError("browser_unavailable", { reason: "its answer is not JSON" }, { cause });
  }
};
