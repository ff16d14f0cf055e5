import { expect, onTestFinished, test, vi } from "vitest";
import { inspect, signIn } from "../support/dashboard-page.ts";
import { dashboardWorld } from "../support/dashboard-world.ts";

// A machine that is busy with other things takes its time.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

/** What the image of the next computer's template is waited for with. */
let building: (() => Promise<void>) | null = null;
const world = dashboardWorld({
  image: async (template, _signal, progress) => {
    progress?.({ step: "image", message: "Making the disk", percent: 75 });
    await building?.();
    return { id: "fake", template, kernel: "", initrd: "", rootDisk: "" };
  },
});
const card = (name: string) => world.page.locator(`[data-computer="${name}"]`);
const has = (name: string, text: string | RegExp) => card(name).getByText(text).first().waitFor({ timeout: 30_000 });
/** Whether the picture of the screen has been loaded. */
const pictured = (name: string) =>
  expect
    .poll(() => world.page.evaluate(`document.querySelector('[data-computer="${name}"] img').naturalWidth`), { timeout: 30_000 })
    .toBeGreaterThan(0);

test("the page is served under a strict policy, and its files for ever", async () => {
  const index = await world.service.call("GET", "/");
  expect(index.headers.get("content-security-policy")).toMatch(/default-src 'none'; script-src 'self'; style-src 'self';/);
  expect(index.headers.get("cache-control")).toBe("no-cache");
  const files = [...String(index.body).matchAll(/(?:src|href)="(\/assets\/dashboard\/[^"]+)"/g)].map(([, file]) => file as string);
  expect(files.length).toBeGreaterThan(1);
  for (const file of files) {
    const { status, headers } = await world.service.call("GET", file);
    expect([status, headers.get("cache-control")]).toEqual([200, "public, max-age=31536000, immutable"]);
  }
  expect((await world.service.call("GET", "/computers/cmp_anything")).body).toBe(index.body);
});

test("a person signs in with a key, which stays nowhere in the page, and signs out", async () => {
  await world.open();
  await signIn(world.page, "not-a-key");
  await world.page.getByText("This key opens nothing").waitFor();
  await inspect(world.page, "sign-in");
  await signIn(world.page, world.service.apiKey);
  await world.page.getByRole("heading", { name: "No computer yet" }).waitFor();
  const kept = await world.page.evaluate(
    "document.documentElement.outerHTML + JSON.stringify({ ...localStorage, ...sessionStorage }) + document.cookie + location.href",
  );
  expect(kept).not.toContain(world.service.apiKey);
  await world.page.reload();
  await world.page.getByRole("heading", { name: "No computer yet" }).waitFor();
  await world.page.getByRole("button", { name: "Sign out" }).click();
  await world.page.getByLabel("API key").waitFor();
  await world.page.reload();
  await world.page.getByLabel("API key").waitFor();
});

test("an empty service teaches, and the first browser is one click away", async () => {
  await world.openSignedIn();
  for (const name of ["Playwright", "Computer use", "Command line"])
    expect(await world.page.getByRole("region", { name }).locator("pre").textContent()).toContain(world.service.url);
  await inspect(world.page, "first-run");
  await world.page.getByRole("button", { name: "Create a browser" }).click();
  await world.page.locator(".card").getByText("running").waitFor({ timeout: 30_000 });
  const [{ id, name }] = (await world.service.call("GET", "/v1/computers")).body.data;
  await pictured(name);
  await world.service.call("DELETE", `/v1/computers/${id}`);
  await world.page.getByRole("heading", { name: "No computer yet" }).waitFor();
});

test("computers are made, looked for, stopped, started, copied and deleted", async () => {
  await world.openSignedIn();
  await world.page.getByRole("button", { name: "With options" }).click();
  await inspect(world.page, "create");
  await world.page.getByRole("textbox", { name: "Name" }).fill("ada");
  await world.page.getByRole("combobox", { name: "Screen" }).selectOption("1920x1080");
  await world.page.getByLabel("Processors").fill("1");
  await world.page.getByLabel("Network").selectOption("restricted");
  await world.page.getByLabel("Allowed names").fill("example.com, *.example.org");
  await world.page.getByText("More rules of the network").click();
  await world.page.getByLabel("Refused ranges").fill("no range");
  await inspect(world.page, "create-restricted");
  await world.page.getByRole("button", { name: "Create", exact: true }).click();
  await world.page.getByText("“no”: give an IPv4 or IPv6 address").waitFor();
  await world.page.getByLabel("Refused ranges").fill("203.0.113.0/24");
  expect(await world.page.getByLabel("Deleted").inputValue()).toBe("");
  await world.page.getByLabel("Deleted").selectOption("3600");
  await world.page.getByRole("button", { name: "Create", exact: true }).click();
  await has("ada", "running");
  expect((await world.service.call("GET", "/v1/computers/ada")).body).toMatchObject({
    browser: { viewport: { width: 1920, height: 1080 } },
    vcpus: 1,
    network: { mode: "restricted", allow: ["example.com", "*.example.org"], deny_cidrs: ["203.0.113.0/24"] },
    expires_at: expect.any(String),
  });
  // Made by somebody else, told by events.
  await world.make({ name: "bob", record_video: true });
  await has("bob", "recording");
  await pictured("bob");
  await inspect(world.page, "grid");

  await world.page.getByLabel("Search").fill("ad");
  await expect.poll(() => world.page.locator(".card").count()).toBe(1);
  await world.page.getByLabel("Search").fill("nobody");
  await world.page.getByText("No computer is like that.").waitFor();
  await world.page.getByRole("button", { name: "Show all" }).click();
  await world.page.getByLabel("Order").selectOption("name");
  await expect.poll(() => world.page.locator(".card h2").allTextContents()).toEqual(["ada", "bob"]);

  await world.page.getByRole("button", { name: "Stop ada" }).click();
  await has("ada", "restorable");
  await world.page.getByRole("combobox", { name: "Status", exact: true }).selectOption("restorable");
  await expect.poll(() => world.page.locator(".card").count()).toBe(1);
  await world.page.getByRole("button", { name: "Show all" }).click();
  await world.page.getByRole("button", { name: "Start ada" }).click();
  await has("ada", "running");
  await world.page.getByRole("button", { name: "Fork ada" }).click();
  await expect.poll(() => world.page.locator(".card").count(), { timeout: 30_000 }).toBe(3);

  await world.page.getByRole("button", { name: "Delete ada" }).click();
  await inspect(world.page, "delete");
  await world.page.keyboard.press("Escape");
  await world.page.getByRole("dialog").waitFor({ state: "detached" });
  expect((await world.service.call("GET", "/v1/computers/ada")).status).toBe(200);
  await world.page.getByRole("button", { name: "Delete ada" }).click();
  await world.page.getByRole("dialog").getByRole("button", { name: "Delete ada" }).click();
  await card("ada").waitFor({ state: "detached", timeout: 30_000 });
});

test("nothing is deleted by a double click, a key that is held down, or Enter alone", async () => {
  await world.make({ name: "ada" });
  await world.openSignedIn();
  const { page } = world;
  const asks = page.getByRole("button", { name: "Delete ada" }).first();
  const dialog = page.getByRole("dialog");
  const yes = dialog.getByRole("button", { name: "Delete ada" });
  await asks.click();
  await dialog.getByText("Its files, its memory and its snapshots go, and cannot be brought back.").waitFor();
  expect(await page.evaluate("document.activeElement.textContent")).toBe("Keep it");
  const place = (await yes.boundingBox())!;
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  expect(await page.evaluate("document.activeElement.getAttribute('aria-label')")).toBe("Delete ada");
  // Where the other button will be is where a second click of a double click falls.
  await page.evaluate(`(() => {
    document.querySelector('[aria-label="Delete ada"]').click();
    requestAnimationFrame(() => document.elementFromPoint(${place.x + 5}, ${place.y + 5}).click());
  })()`);
  await dialog.waitFor();
  await page.keyboard.press("Enter");
  await dialog.waitFor({ state: "detached" });
  // The key goes down once and repeats until it comes up.
  await page.keyboard.down("Enter");
  for (let times = 0; times < 5; times++) await page.keyboard.down("Enter");
  await dialog.waitFor();
  await page.keyboard.up("Enter");
  expect(await page.evaluate("document.activeElement.textContent")).toBe("Keep it");
  expect((await world.service.call("GET", "/v1/computers/ada")).body.status).toBe("running");
});

test("a computer that is being made says for how long, and what is done", async () => {
  const built = Promise.withResolvers<void>();
  building = () => built.promise;
  onTestFinished(() => {
    building = null;
    built.resolve();
  });
  await world.openSignedIn();
  await world.page.getByRole("button", { name: "Create a browser" }).click();
  const told = world.page.locator(".card").getByText(/^Making the disk \(75 %\), \d+ s so far$/);
  await told.waitFor();
  await inspect(world.page, "building");
  built.resolve();
  await world.page.locator(".card").getByText("running").waitFor({ timeout: 30_000 });
  expect(await told.count()).toBe(0);
});

test("cards are gone through by keyboard, and Enter opens one", async () => {
  for (const name of ["ada", "bob", "cy"]) await world.make({ name, template: "scratch" });
  await world.openSignedIn();
  const { page } = world;
  await page.getByLabel("Order").selectOption("name");
  await page.getByRole("link", { name: "ada" }).focus();
  const at = async (key: string) => {
    await page.keyboard.press(key);
    return page.evaluate("document.activeElement.textContent");
  };
  expect([await at("ArrowRight"), await at("End"), await at("ArrowRight"), await at("ArrowLeft"), await at("Home")]).toEqual([
    "bob",
    "cy",
    "cy",
    "bob",
    "ada",
  ]);
  await page.setViewportSize({ width: 390, height: 800 });
  expect([await at("ArrowDown"), await at("ArrowDown"), await at("ArrowUp")]).toEqual(["bob", "cy", "bob"]);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "bob" }).waitFor();
});

test("what is refused is said in words", async () => {
  await world.make({ name: "bob" });
  await world.openSignedIn();
  await world.page.getByRole("button", { name: "New computer" }).click();
  await world.page.getByRole("textbox", { name: "Name" }).fill("bob");
  await world.page.getByRole("button", { name: "Create", exact: true }).click();
  await world.page.getByRole("alert").getByText("A computer named bob exists already. Choose another name or delete it first.").waitFor();
});

test("looking at the grid is no use of a computer", async () => {
  const id = await world.make({ name: "idle", idle_timeout_s: 10 });
  await world.openSignedIn();
  await pictured("idle");
  await has("idle", "stopped");
  const { body } = await world.service.call("GET", `/v1/computers/${id}/events?type=audit&limit=1000`);
  expect(body.data.filter(({ data }: { data: { action: string } }) => data.action === "screenshot")).toHaveLength(1);
});

test("only screens that can be seen are looked at, and what is known is not sent again", async () => {
  await Promise.all(["ada", "bob", "carl"].map((name) => world.make({ name })));
  await world.openSignedIn();
  await pictured("ada");
  const looks: URL[] = [];
  const of = async (name: string) => {
    const { id } = (await world.service.call("GET", `/v1/computers/${name}`)).body;
    return looks.filter(({ pathname }) => pathname === `/v1/computers/${id}/screenshot`);
  };
  await world.page.getByLabel("Order").selectOption("name");
  await world.page.setViewportSize({ width: 390, height: 400 });
  world.page.on("request", (request) => looks.push(new URL(request.url())));
  await expect.poll(async () => (await of("ada")).length, { timeout: 30_000 }).toBeGreaterThan(2);
  expect((await of("ada")).every(({ searchParams }) => searchParams.has("if_changed"))).toBe(true);
  // What was under way when the window became small is over.
  expect((await of("carl")).length).toBeLessThan(2);
  looks.length = 0;
  await card("carl").scrollIntoViewIfNeeded();
  await expect.poll(async () => (await of("carl")).length, { timeout: 30_000 }).toBeGreaterThan(1);
  expect((await of("ada")).length).toBeLessThan(2);
});

test("who is connected is told as it changes", async () => {
  await world.make({ name: "bob" });
  await world.openSignedIn();
  await has("bob", "0 % of a core, 0 MiB in use");
  await has("bob", "nobody is connected");
  const { live_url } = (await world.service.call("GET", "/v1/computers/bob")).body;
  const viewer = await world.page.context().newPage();
  await viewer.goto(live_url);
  await has("bob", "1 viewer");
  await viewer.close();
  await has("bob", "nobody is connected");
});

test("a restart of the service is shown, and gone on from without a reload", async () => {
  await world.make({ name: "bob" });
  await world.openSignedIn();
  await card("bob").waitFor();
  await world.page.evaluate("window.same = true");
  const away = world.page.getByText("The service does not answer. What you see may be old");
  await world.restart(() => away.waitFor());
  await world.make({ name: "carl" });
  await card("carl").waitFor({ timeout: 30_000 });
  await away.waitFor({ state: "detached" });
  expect(await world.page.evaluate("window.same")).toBe(true);
});
