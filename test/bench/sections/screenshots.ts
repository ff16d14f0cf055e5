import { type Section, timed } from "../bench.ts";

const RUNS = 20;
const PARAGRAPHS = 60;
const PAGE = `<body style="font:14px sans-serif;margin:20px"><h1>A page with text</h1>${Array.from(
  { length: PARAGRAPHS },
  (_, i) => `<p>Lorem ipsum dolor sit amet <a href="#">link ${i}</a>, consectetur adipiscing elit ${i * 7919}</p>`,
).join(
  "",
)}<div id="box" style="position:fixed;right:20px;top:20px;width:400px;height:300px;background:linear-gradient(45deg,red,blue,lime)">`;

/** Screenshots of a page of text and a gradient, over REST, beside Page.captureScreenshot over CDP through the same service. Milliseconds. */
export const screenshots: Section = async ({ vitrine }) => {
  const computer = await vitrine.computers.create();
  const browser = await computer.connectPlaywright({ timeout: 120_000 });
  const page = browser.contexts()[0]!.pages()[0]!;
  const cdp = await page.context().newCDPSession(page);
  await page.setContent(PAGE);
  /** Another colour, painted: what is measured is the way of the picture, not Chromium's drawing. */
  const change = (i: number) =>
    page.evaluate(
      (color) =>
        new Promise((resolve) => {
          const { document, requestAnimationFrame } = globalThis as unknown as {
            document: { body: { style: { background: string } } };
            requestAnimationFrame(f: unknown): void;
          };
          document.body.style.background = color;
          requestAnimationFrame(() => requestAnimationFrame(resolve));
        }),
      ["#fff", "#eef", "#fee"][i % 3]!,
    );
  const capture = () => cdp.send("Page.captureScreenshot", { format: "png" });
  const series: Record<"still" | "unchanged" | "changed" | "cdpStill" | "cdpChanged", number[]> = {
    still: [],
    unchanged: [],
    changed: [],
    cdpStill: [],
    cdpChanged: [],
  };
  // The caret and the last of the page's drawing are out of the way.
  await new Promise((resolve) => setTimeout(resolve, 2000));
  const first = await computer.screenshotIfChanged(undefined);
  for (let i = 0; i < RUNS; i++) {
    series.still.push(await timed(() => computer.screenshot()));
    series.unchanged.push(await timed(() => computer.screenshotIfChanged(first?.hash)));
    series.cdpStill.push(await timed(capture));
  }
  for (let i = 0; i < RUNS; i++) {
    await change(i);
    series.changed.push(await timed(() => computer.screenshot()));
    await change(i + 1);
    series.cdpChanged.push(await timed(capture));
  }
  await browser.close();
  await computer.delete();
  const still = { name: "Page.captureScreenshot through the service", values: series.cdpStill };
  return [
    { name: "screenshot, png, unchanged screen", unit: "ms", values: series.still, baseline: still },
    { name: "screenshot, png, if_changed -> 304", unit: "ms", values: series.unchanged, baseline: still },
    { name: "screenshot, png, changed screen", unit: "ms", values: series.changed, baseline: { ...still, values: series.cdpChanged } },
  ];
};
