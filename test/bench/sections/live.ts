import { chromium } from "playwright-core";
import { type Section, sleep } from "../bench.ts";

const MEASURE_S = 15;
const VISITS = 5;
const MOVING = `<!doctype html><body style="margin:0"><div id=b style="position:fixed;width:200px;height:200px;background:#c33"></div><script>
let n = 0; window.drawn = 0;
const draw = () => { n++; window.drawn++; b.style.left = (n * 17) % 900 + "px"; b.style.background = "hsl(" + (n * 20) % 360 + " 70% 50%)"; requestAnimationFrame(draw); };
draw();
</script>`;
/** Counts what noVNC puts on the canvas that is seen: once for each update of the screen. */
const COUNT = `window.pictures = 0; window.firstAt = 0;
const drawImage = CanvasRenderingContext2D.prototype.drawImage;
CanvasRenderingContext2D.prototype.drawImage = function (...given) {
  if (this.canvas.isConnected) { window.pictures++; window.firstAt ||= performance.now(); }
  return drawImage.apply(this, given);
};`;

/** The live page in a browser of this host: how soon there is a picture, and how many a second follow when all moves. */
export const live: Section = async ({ vitrine }) => {
  const computer = await vitrine.computers.create();
  const inside = await computer.connectPlaywright({ timeout: 120_000 });
  const page = inside.contexts()[0]!.pages()[0]!;
  page.setDefaultTimeout(120_000);
  const person = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
  const visit = async () => {
    const watching = await person.newPage({ viewport: { width: 1300, height: 900 } });
    await watching.addInitScript(COUNT);
    await watching.goto(computer.live_url as string);
    // When it was is told by the page, so how often it is asked does not matter; it does not let a script be made of a string.
    while (!(await watching.evaluate("window.firstAt"))) await sleep(50);
    return watching;
  };
  const first: number[] = [];
  for (let i = 0; i < VISITS; i++) {
    const watching = await visit();
    first.push((await watching.evaluate("window.firstAt")) as number);
    await watching.close();
  }
  await page.setContent(MOVING);
  const drawnAlone = await rate(() => page.evaluate("window.drawn") as Promise<number>);
  const watching = await visit();
  const [drawn, seen] = await Promise.all([
    rate(() => page.evaluate("window.drawn") as Promise<number>),
    rate(() => watching.evaluate("window.pictures") as Promise<number>),
  ]);
  await person.close();
  await inside.close();
  await computer.delete();
  return [
    { name: "live view: page opened -> first picture", unit: "ms", values: first },
    { name: "live view of an animation", unit: "fps", values: [seen], baseline: { name: "frames that Chromium drew", values: [drawn] } },
    { name: "  Chromium's frames when nobody watches", unit: "fps", values: [drawnAlone] },
  ];
};

/** How fast a counter grows, per second. */
const rate = async (read: () => Promise<number>): Promise<number> => {
  const [before, began] = [await read(), performance.now()];
  await sleep(MEASURE_S * 1000);
  return ((await read()) - before) / ((performance.now() - began) / 1000);
};
