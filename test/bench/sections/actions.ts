import type { Computer } from "../../../src/client/index.ts";
import { repeat, type Section, sleep, timed } from "../bench.ts";
import { bringPrograms } from "../guest-programs.ts";

const RUNS = 20;
const PAGE = `<!doctype html><title>events</title><body style="height:100vh;margin:0"><script>
window.at = 0;
addEventListener("mousedown", (event) => { window.at = performance.timeOrigin + event.timeStamp; });
</script>`;
const DISPLAY = { DISPLAY: ":0" };

type Page = Awaited<ReturnType<typeof openPage>>["page"];
const openPage = async (computer: Computer) => {
  const browser = await computer.connectPlaywright({ timeout: 120_000 });
  const page = browser.contexts()[0]!.pages()[0]!;
  page.setDefaultTimeout(120_000);
  await page.setContent(PAGE);
  return { browser, page };
};

/** How far the guest's clock is before the host's, in milliseconds: by the quickest of some questions. */
const offsetOf = async (page: Page): Promise<number> => {
  let best = { took: Number.POSITIVE_INFINITY, offset: 0 };
  for (let i = 0; i < 20; i++) {
    const before = Date.now();
    const guest = (await page.evaluate("performance.timeOrigin + performance.now()")) as number;
    const took = Date.now() - before;
    if (took < best.took) best = { took, offset: guest - (before + took / 2) };
  }
  return best.offset;
};

/** From the call to the event in the page, by the page's own time stamp; and screenshots beside a program in the guest. */
export const actions: Section = async ({ vitrine }) => {
  const computer = await vitrine.computers.create();
  const run = await bringPrograms(computer, ["xdotool", "scrot"]);
  const { browser, page } = await openPage(computer);
  await sleep(2000);
  const offset = await offsetOf(page);
  const untilSeen = async (click: () => Promise<unknown>): Promise<number> => {
    await page.evaluate("window.at = 0");
    const began = Date.now();
    await click();
    const at = (await page.evaluate(
      "new Promise((done) => { const look = () => (window.at ? done(window.at) : setTimeout(look, 5)); look(); })",
    )) as number;
    return at - offset - began;
  };
  const point = (i: number) => ({ x: 300 + (i % 5) * 40, y: 400 });
  const acted: number[] = [];
  const execed: number[] = [];
  for (let i = 0; i < RUNS; i++) {
    const { x, y } = point(i);
    acted.push(await untilSeen(() => computer.act([{ type: "click", x, y }])));
    const argv = [...run("xdotool"), "mousemove", String(x + 20), String(y), "click", "1"];
    execed.push(await untilSeen(() => computer.exec(argv, { env: DISPLAY, timeout_s: 60 })));
  }
  const text = "The quick brown fox jumps over the lazy dog";
  const typed = await repeat(5, () => timed(() => computer.act([{ type: "type", text }])));
  const typedThere = await repeat(5, () =>
    timed(() => computer.exec([...run("xdotool"), "type", "--delay", "0", text], { env: DISPLAY, timeout_s: 60 })),
  );
  const shot = await repeat(RUNS, () => timed(() => computer.screenshot()));
  const scrot = await repeat(5, async () => {
    return timed(async () => {
      await computer.exec([...run("scrot"), "--overwrite", "/home/ohm/bench/shot.png"], { env: DISPLAY, timeout_s: 60 });
      await computer.files.read("/home/ohm/bench/shot.png");
    });
  });
  await browser.close();
  await computer.delete();
  return [
    { name: "click: call -> event in the page", unit: "ms", values: acted, baseline: { name: "xdotool over exec", values: execed } },
    { name: "type 43 characters", unit: "ms", values: typed, baseline: { name: "xdotool over exec", values: typedThere } },
    { name: "screenshot, png", unit: "ms", values: shot, baseline: { name: "scrot in the guest, and its file", values: scrot } },
  ];
};
