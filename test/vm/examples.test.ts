import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import { exampleFile, runExample, runProgram } from "./run-example.ts";
import { vitrine } from "./shared.ts";

// Each creates computers of its own, and leaves none.
const computers = async () => (await vitrine.computers.list()).data.map(({ id }) => id);
let before: string[];
beforeEach(async () => {
  before = await computers();
});
afterEach(async () => expect(await computers()).toEqual(before));

const folder = (): string => {
  const dir = mkdtempSync(join(tmpdir(), "vt-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  return dir;
};

test("scrape-downloads reads all pages and saves the file that the browser downloaded", async () => {
  const dir = folder();
  const output = await runExample("scrape-downloads", dir);
  expect(output).toContain(
    "5 books: On Growth and Form: 38, Treatise on Radioactivity: 25, The Sand Reckoner: 12, Micrographia: 31, Opticks: 19",
  );
  expect(readFileSync(join(dir, "price-list.csv"), "utf8")).toMatch(/^title,price\n(.+,\d+\n?){5}$/);
});

test("login-and-fork logs in once, and each fork works as who has logged in", async () => {
  const output = await runExample("login-and-fork");
  expect(output.match(/Order \d, Of Marie/g)?.sort()).toEqual(["Order 1, Of Marie", "Order 2, Of Marie"]);
  expect(output).toContain("Logins: 1");
});

test("record-and-share saves a video, whose page outlives the computer and whose link to watch does not", async () => {
  const dir = folder();
  const output = await runExample("record-and-share", dir);
  expect(output).toContain("chapters: ");
  expect(output).toMatch(/Filling in the form.*Sending it/);
  expect(readFileSync(join(dir, "recording.mp4")).subarray(4, 8).toString()).toBe("ftyp");
  const linkTo = (what: string) => new RegExp(`may ${what}: (http:\\S+)`).exec(output)?.[1] ?? "";
  expect((await fetch(linkTo("see the video"))).status).toBe(200);
  expect((await fetch(linkTo("watch").replace("?", "/state?"))).ok).toBe(false);
});

test.each([
  ["ai-sdk", /run_command: .*2, 3, 5, 7[\s\S]*The model says: primes.py prints the primes below 30\./],
  ["mastra", /execute_command: .*18446744073709551616[\s\S]*The model says: power.txt holds 2 to the 64th\./],
  ["deepagents", /execute: .*2, 3, 5, 7[\s\S]*The model says: primes.py prints the primes below 30\./],
])("%s has a model work in a computer, and is told what it did", async (name, said) => {
  expect(await runExample(name)).toMatch(said);
});

test("mcp-client uses a page in a computer through vitrine mcp", async () => {
  const output = await runExample("mcp-client");
  expect(output).toMatch(/browser_page_text: [\s\S]*Hello, Marie/);
  expect(output).toContain("screenshot: (image)");
});

/** A Python that has these modules: what `npm test` installs is the system's. */
const pythonWith = (modules: string): string | undefined =>
  ["python3", "/usr/bin/python3"].find((python) => spawnSync(python, ["-c", `import ${modules}`]).status === 0);

const rest = pythonWith("httpx");
test.skipIf(!rest)("rest_httpx.py drives a computer by plain HTTP", async () => {
  const dir = folder();
  const output = await runProgram(rest!, [exampleFile("rest_httpx.py"), dir]);
  expect(output).toMatch(/It says: \['Linux', 'ohm'\]\nThe pointer is at 300 300\nIt is deleted\./);
  expect(readFileSync(join(dir, "rest_httpx.png")).subarray(1, 4).toString()).toBe("PNG");
});

// Debian has no package of it: it runs where somebody has installed it.
const playwright = pythonWith("httpx, playwright");
test.skipIf(!playwright)("playwright_python.py fills in a page over cdp_url", async () => {
  expect(await runProgram(playwright!, [exampleFile("playwright_python.py")])).toContain("Greeter says: Hello, Marie");
});
