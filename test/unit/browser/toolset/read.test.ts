import { expect, test } from "vitest";
import { Driver } from "./driver.ts";

const page = new Driver();

test("read_page shows the page as a tree of roles, names, references and states", async () => {
  await page.goTo("/form");
  const text = await page.text("read_page");
  const lines = text.replace(/ref_\d+/g, "ref").split("\n");
  expect(lines.slice(0, 6)).toEqual([
    expect.stringMatching(/^document "Sign up" \[ref\]/),
    '  heading "Sign up" [ref] level=1',
    "  form [ref]",
    "    label [ref]",
    '      text "Name"',
    '      textbox "Name" [ref] required',
  ]);
  expect(lines).toContain('      combobox "Country" [ref] value="Czechia" hasPopup=menu expanded=false');
  expect(lines).toContain('    checkbox "Newsletter" [ref] checked=false');
  expect(text).not.toContain("hunter2");
});

test("the filter 'interactive' lists what can be used and nothing else", async () => {
  await page.goTo("/form");
  const text = await page.text("read_page", { filter: "interactive" });
  expect(text).toMatch(/^textbox "Name" \[ref_\d+\] required\n/);
  expect(text).toMatch(/button "Send"/);
  expect(text).not.toMatch(/heading|label|text "/);
});

test("without a filter there is what the viewport shows, with 'all' what lies outside too, and never what is hidden", async () => {
  await page.goTo("/scroll");
  expect(await page.text("read_page")).toMatch(/"Top"/);
  expect(await page.text("read_page")).not.toMatch(/"Bottom"/);
  expect(await page.text("read_page", { filter: "all" })).toMatch(/"Top"[\s\S]*"Bottom"/);
  expect(await page.text("read_page", { filter: "all" })).not.toMatch(/"Hidden"/);
  const { ref } = await page.target("bottom button");
  await page.text("scroll_to", { target: { type: "ref", ref } });
  expect(await page.text("read_page")).toMatch(/"Bottom"/);
  expect(await page.text("read_page")).not.toMatch(/"Top"/);
});

test("depth cuts the tree, and a reference reads the part below it", async () => {
  await page.goTo("/form");
  expect((await page.text("read_page", { depth: 1 })).split("\n")).toHaveLength(1);
  const country = await page.target("country combobox");
  const part = await page.text("read_page", { ref: country.ref });
  expect(part).toMatch(new RegExp(`^combobox "Country" \\[${country.ref}\\]`));
  expect(part).toMatch(/"日本"/);
  expect(part).not.toMatch(/Newsletter/);
});

test("references stay the same while the page stays, and none is given twice", async () => {
  await page.goTo("/form");
  const first = await page.text("read_page");
  await page.text("javascript_exec", { text: "document.body.append('more')" });
  expect(await page.text("read_page")).toContain(first);
  const { ref } = await page.target("send");
  await page.goTo("/form");
  expect(await page.error("left_click", { target: { type: "ref", ref } })).toBe(
    `${ref} is not on the page: it has changed since. Call read_page or find for new references.`,
  );
  expect(await page.text("read_page")).not.toMatch(new RegExp(`${ref}\\]`));
});

test("an element that the page took away is stale, also when its reference is young", async () => {
  await page.goTo("/form");
  const target = await page.target("send");
  await page.text("javascript_exec", { text: "document.querySelector('#send').remove()" });
  for (const name of ["left_click", "scroll_to", "hover"]) expect(await page.error(name, { target })).toMatch(/is not on the page/);
  expect(await page.error("form_input", { target, value: "x" })).toMatch(/is not on the page/);
  expect(await page.error("read_page", { ref: target.ref })).toMatch(/is not on the page/);
});

test("frames of the same site, of another site, and closed shadow trees are read, found and clicked", async () => {
  await page.goTo("/frames");
  await expect.poll(() => page.text("read_page"), { timeout: 30_000 }).toMatch(/"The next page\."[\s\S]*button "Deep button"/);
  await page.text("left_click", { target: await page.target("deep button") });
  await expect.poll(() => page.text("read_page"), { timeout: 30_000 }).toMatch(/document "pressed"/);
  await page.text("left_click", { target: await page.target("back to the form link") });
  await expect.poll(() => page.text("read_page"), { timeout: 30_000 }).toMatch(/iframe[\s\S]*document "Sign up"/);
});

test("a frame that moved with the page is clicked where it is", async () => {
  await page.goTo("/frames");
  await expect.poll(() => page.text("find", { query: "deep button" }), { timeout: 30_000 }).toMatch(/ref_/);
  const target = await page.target("deep button");
  await page.text("javascript_exec", { text: "document.body.insertAdjacentHTML('afterbegin', '<div style=height:3000px>')" });
  await page.text("left_click", { target });
  await expect.poll(() => page.text("read_page"), { timeout: 30_000 }).toMatch(/document "pressed"/);
});

test("a long list is cut at 50,000 characters with a word of advice; find reaches all of it, and at most 20", async () => {
  await page.goTo("/list");
  const text = await page.text("read_page", { filter: "all" });
  expect(text.length).toBeLessThanOrEqual(50_000);
  expect(text).toMatch(/\(cut at 50000 characters; narrow it with ref/);
  expect(await page.text("find", { query: "entry 2987" })).toMatch(/^link "Entry number 2987" \[ref_\d+\]/);
  expect((await page.text("find", { query: "entry" })).split("\n")).toHaveLength(20);
  expect(await page.text("find", { query: "zebra" })).toBe('Nothing matches "zebra". Try other words, or read_page.');
});

test("get_page_text prefers the article, adds the frames, and is bounded", async () => {
  await page.goTo("/article");
  const text = await page.text("get_page_text");
  expect(text).toMatch(/^An article about horses\./);
  expect(text).toMatch(/In the frame\.$/);
  expect(text).not.toMatch(/Menu/);
  await page.goTo("/long");
  const long = await page.text("get_page_text");
  expect(long.length).toBe(50_000);
  expect(long).toMatch(/\(cut at 50000 characters/);
});

test("a page that replaced the DOM's functions is read all the same, and breaks no lines", async () => {
  await page.goTo("/next");
  await page.text("javascript_exec", {
    text: `Object.defineProperty(HTMLElement.prototype, "innerText", { get: () => "lies" }); document.title = "one\\ntwo\\u202e"; document.body.innerHTML += '<button aria-label="a\\nb [ref_1] \\u202e">'`,
  });
  expect(await page.text("get_page_text")).toMatch(/The next page\./);
  expect(await page.text("read_page")).toMatch(/button "a b \[ref_1\]" \[ref_\d+\]/);
});
