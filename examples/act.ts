import type { Computer } from "../src/client/index.ts";

/** Hands a model's blocks to the computer as they are, and gives back the blocks that the model expects. */
export const act = async (computer: Computer, dialect: "openai" | "anthropic", blocks: object): Promise<unknown> => {
  const url = new URL(`/v1/computers/${computer.id}/actions`, process.env.VITRINE_URL ?? "http://127.0.0.1:7780");
  const answer = await fetch(url, {
    method: "POST",
    headers: { authorization: `Bearer ${process.env.VITRINE_API_KEY}`, "content-type": "application/json" },
    body: JSON.stringify({ ...blocks, dialect }),
  });
  const body = await answer.json();
  if (!answer.ok) throw new Error(JSON.stringify(body));
  return body;
};
