import { expect, test, vi } from "vitest";
import { inspect } from "../support/dashboard-page.ts";
import { dashboardWorld } from "../support/dashboard-world.ts";
import { askFrom, dialFrom } from "../support/guest-programs.ts";

// A machine that is busy with other things takes its time.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const world = dashboardWorld();
const openNetwork = async (network: object): Promise<string> => {
  const id = await world.make({ name: "ada", network });
  await world.openSignedIn(`/computers/${id}`);
  await world.page.getByRole("tab", { name: "Network" }).click();
  return id;
};
const row = (name: string) => world.page.getByRole("list", { name: "What was refused" }).getByRole("listitem").filter({ hasText: name });
const policyOf = async (id: string) => (await world.service.call("GET", `/v1/computers/${id}/network`)).body.policy;
const save = () => world.page.getByRole("button", { name: "Save the policy" });

test("a policy is written, judged by what was refused, widened by a button, and saved", async () => {
  const id = await openNetwork({ mode: "restricted", allow: ["good.test"], deny: ["*.ads.test"] });
  const { page, service } = world;
  await page.getByText("Nothing has been refused.").waitFor();
  await page.getByText("This policy holds.").waitFor();
  expect(await save().isDisabled()).toBe(true);

  for (const name of ["api.evil.test", "www.evil.test", "x.ads.test", "api.evil.test"]) await askFrom(service.fleet, name);
  await dialFrom(service.fleet, "169.254.169.254", 80);
  await page.getByText("Of the 4 things that were refused, this policy would allow none.").waitFor({ timeout: 30_000 });
  await row("169.254.169.254:80").getByText("refused: a metadata address").waitFor();
  expect(await row("169.254.169.254:80").getByRole("button").count()).toBe(0);
  await row("x.ads.test").getByText("refused: *.ads.test is denied").waitFor();
  expect(await row("x.ads.test").getByRole("button").count()).toBe(0);
  await inspect(page, "network");

  await row("api.evil.test").getByRole("button", { name: "Allow api.evil.test" }).click();
  expect(await page.getByLabel("Allowed names").inputValue()).toBe("good.test\napi.evil.test");
  await row("api.evil.test").getByText("allowed", { exact: true }).waitFor();
  await page.getByText("Of the 4 things that were refused, this policy would allow 1.").waitFor();
  await page.getByLabel("Allowed names").fill("good.test\n*.EVIL.test");
  await page.getByText("Of the 4 things that were refused, this policy would allow 2.").waitFor();
  await page.getByText("Not saved yet.").waitFor();
  expect((await policyOf(id)).allow).toEqual(["good.test"]);
  await save().click();
  await page.getByText("This policy holds.").waitFor();
  expect(await page.getByLabel("Allowed names").inputValue()).toBe("good.test\n*.evil.test");
  expect(await policyOf(id)).toMatchObject({ mode: "restricted", allow: ["good.test", "*.evil.test"], deny: ["*.ads.test"] });

  await page.getByRole("combobox", { name: "Network" }).selectOption("off");
  expect(await page.getByLabel("Allowed names").count()).toBe(0);
  await page.getByRole("button", { name: "Undo the changes" }).click();
  await page.getByText("This policy holds.").waitFor();
  expect(await page.getByLabel("Allowed names").inputValue()).toBe("good.test\n*.evil.test");
});

test("what is wrong is said at its field, by the service, and nothing is saved", async () => {
  const id = await openNetwork({ mode: "restricted" });
  const { page, service } = world;
  await page.getByLabel("Allowed names").fill("good.test\n10.0.0.1");
  await page.getByText("“10.0.0.1”: give a name, like example.com").waitFor();
  await page.getByLabel("Allowed ranges").fill("10.0.0.0/33");
  await page.getByText("“10.0.0.0/33”: give an IPv4 or IPv6 address and a prefix length").waitFor();
  await page.getByLabel("Ports of the host").fill("http");
  await page.getByText("“http”: give the number of a port, 1 to 65535").waitFor();
  expect(await page.getByLabel("Allowed names").getAttribute("aria-invalid")).toBe("true");
  expect(await save().isDisabled()).toBe(true);
  await inspect(page, "network-faults");
  await page.getByLabel("Allowed names").fill("good.test");
  await page.getByLabel("Allowed ranges").fill("");
  const own = new URL(service.url).port;
  await page.getByLabel("Ports of the host").fill(own);
  await page.getByText(`${own} is the port of this service itself`).waitFor();
  await page.getByLabel("Ports of the host").fill("3000");
  await save().click();
  await page.getByText("This policy holds.").waitFor();
  expect(await policyOf(id)).toMatchObject({ allow: ["good.test"], allow_cidrs: [], host_ports: [3000] });
});

test("a service that is away is said, what is written stays, and is judged when it is back", async () => {
  const id = await openNetwork({ mode: "off" });
  const { page } = world;
  await page.getByText("Nothing has been refused.").waitFor();
  await world.restart(async () => {
    await page.getByText("The service does not answer. What you see may be old").waitFor();
    await page.getByLabel("Ports of the host").fill("3000");
    await page.getByRole("alert").getByText("The service does not answer.").waitFor();
    await save().click();
    await page.getByRole("alert").getByText("The service does not answer.").waitFor();
  });
  await page.getByText("The service does not answer. What you see may be old").waitFor({ state: "detached", timeout: 30_000 });
  await page.getByText("Nothing has been refused.").waitFor();
  await save().click();
  await page.getByText("This policy holds.").waitFor({ timeout: 30_000 });
  expect((await policyOf(id)).host_ports).toEqual([3000]);
});
