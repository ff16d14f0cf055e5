import { expect, test } from "vitest";
import { ANSWERS } from "../../examples/fake-model.mjs";
import { runExample } from "./run-example.ts";

// Each creates a computer of its own, and deletes it.
test.each(["openai-computer-loop", "anthropic-computer-loop", "gemini-computer-loop"])(
  "%s fills in the form by the screen alone and sends it",
  async (name) => {
    const output = await runExample(name);
    expect(output).toContain("The model says: The form is sent; the page says thank you.");
    expect(output).toContain(`The form got: ${JSON.stringify(ANSWERS)}`);
  },
);
