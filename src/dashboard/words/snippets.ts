/** A first program for each way in, filled in with where the service is. */
export const snippetsFor = (url: string): { name: string; about: string; text: string }[] => [
  {
    name: "Playwright",
    about: "A new computer, driven over CDP. npm install playwright-core",
    text: `import { chromium } from "playwright-core";

const headers = { authorization: \`Bearer \${process.env.VITRINE_API_KEY}\` };
const made = await fetch("${url}/v1/computers", { method: "POST", headers, body: "{}" });
const { cdp_url, live_url } = await made.json();
console.log("watch it at", live_url);

const browser = await chromium.connectOverCDP(cdp_url);
const page = browser.contexts()[0].pages()[0];
await page.goto("https://example.com");
console.log(await page.title());
await browser.close();
`,
  },
  {
    name: "Computer use",
    about: "One batch of actions, answered with a screenshot; a model's own blocks are taken too (dialect)",
    text: `auth="Authorization: Bearer $VITRINE_API_KEY"
curl -s -X POST ${url}/v1/computers -H "$auth" -d '{"name":"my-first"}'
curl -s -X POST ${url}/v1/computers/my-first/actions -H "$auth" -d '{
  "actions": [{"type":"navigate","url":"https://example.com"}, {"type":"scroll","dx":0,"dy":300}],
  "screenshot": "after"
}'
`,
  },
  {
    name: "Command line",
    about: "A browser at a page, from a terminal on any machine",
    text: `export VITRINE_URL=${url}
vitrine browser https://example.com
`,
  },
];
