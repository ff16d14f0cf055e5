import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium, type LaunchOptions, type Page } from "playwright-core";
import { Vitrine } from "../../../src/client/index.ts";
import { ensureDashboard } from "../../../src/server/setup/dashboard.ts";
import { openDashboard, signIn } from "../../support/dashboard-page.ts";
import { startXvnc } from "../../unit/display/xvnc.ts";
import { repeat, type Section, sleep } from "../bench.ts";
import type { Row } from "../stats.ts";
import type { Given, Used } from "../still-service.ts";
import { visit } from "../visit.ts";

const COMPUTERS = 100;
const VISITS = 10;
const SETTLE_MS = 15_000;
const API_KEY = "bench-key";
/** What all the computers show: another colour every ten seconds. */
const SCREEN = `<body><script>let n = 0; setInterval(() => { document.body.style.background = "hsl(" + (n++ * 70) % 360 + " 70% 50%)"; }, 10_000);</script>`;
const KB = 1000;
const MIB = 1024 ** 2;
const stillService = async (given: Given) => {
  const child = fork(new URL("../still-service.ts", import.meta.url), { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  child.send(given);
  const [url] = (await once(child, "message")) as [string];
  return {
    url,
    used: async (): Promise<Used> => {
      child.send("measure");
      return ((await once(child, "message")) as [Used])[0];
    },
    close: async () => {
      child.send("close");
      await once(child, "exit");
    },
  };
};

/** What the browser has used and the page keeps. */
const meter = async (browser: Browser, page: Page) => {
  const whole = await browser.newBrowserCDPSession();
  const own = await page.context().newCDPSession(page);
  await own.send("Performance.enable");
  return async () => {
    const { processInfo } = await whole.send("SystemInfo.getProcessInfo");
    const cpu = (test: (type: string) => boolean) => processInfo.reduce((sum, { type, cpuTime }) => sum + (test(type) ? cpuTime : 0), 0);
    await own.send("HeapProfiler.collectGarbage");
    const { metrics } = await own.send("Performance.getMetrics");
    const metric = (wanted: string) => metrics.find(({ name }) => name === wanted)?.value ?? Number.NaN;
    return {
      rendererS: cpu((type) => type === "renderer"),
      browserS: cpu(() => true),
      heapMb: metric("JSHeapUsedSize") / MIB,
      nodes: metric("Nodes"),
    };
  };
};

/** The computers whose screens a page asks for, how often, and how often it is sent a picture. */
const countLooks = (page: Page) => {
  const looks = { of: new Set<string>(), all: 0, pictures: 0 };
  page.on("response", (response) => {
    const id = /^\/v1\/computers\/([^/]+)\/screenshot$/.exec(new URL(response.url()).pathname)?.[1];
    if (!id) return;
    looks.of.add(id);
    looks.all++;
    if (response.status() === 200) looks.pictures++;
  });
  return looks;
};

/** The dashboard with a hundred computers on machines that do nothing: its first view, and what it costs to keep it open while their screens change and a command a second runs. */
export const dashboard: Section = async ({ config, minutes, say }) => {
  const dataDir = mkdtempSync(join(tmpdir(), "vt-"));
  const xvnc = await startXvnc({ width: 1280, height: 800 });
  const built = await ensureDashboard({
    cacheDir: config.cacheDir,
    progress: ({ message }) => say(message),
    signal: new AbortController().signal,
  });
  const service = await stillService({ dataDir, apiKey: API_KEY, vncPort: xvnc.port, dashboard: built });
  const launch = (more: LaunchOptions = {}) =>
    chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu", "--start-fullscreen"], ...more });
  const browser = await launch();
  const shown = await launch({ headless: false, env: { ...process.env, DISPLAY: xvnc.display } });
  try {
    const vitrine = new Vitrine({ url: service.url, apiKey: API_KEY });
    const computers = await Promise.all(Array.from({ length: COMPUTERS }, () => vitrine.computers.create({ vcpus: 1, ram_mb: 1024 })));
    const { page } = await openDashboard(browser, service.url);
    await signIn(page, API_KEY);
    await page.locator(".card button").first().waitFor();
    const cookies = await page.context().cookies();

    const { files, records } = await visit(browser, service.url, ".card button", cookies);
    const until = (path: string, selector: string) =>
      repeat(VISITS, async () => (await visit(browser, service.url + path, selector, cookies)).at);
    const interactive = await until("/", ".card button");
    const empty = await until("/assets/live/icon.svg", "svg");

    await (await shown.newPage({ viewport: null })).setContent(SCREEN);
    await sleep(SETTLE_MS);
    const looks = countLooks(page);
    const take = await meter(browser, page);
    const [before, serviceBefore, began] = [await take(), await service.used(), performance.now()];
    for (let next = began, turn = 0; performance.now() < began + minutes * 60_000; turn++) {
      await computers[turn % COMPUTERS]!.exec("true");
      next += 1000;
      await sleep(Math.max(0, next - performance.now()));
    }
    const seconds = (performance.now() - began) / 1000;
    const [after, serviceAfter] = [await take(), await service.used()];
    const inView = (await page.evaluate(
      "[...document.querySelectorAll('.screen')].filter((one) => { const { top, bottom } = one.getBoundingClientRect(); return bottom > -100 && top < innerHeight + 100; }).length",
    )) as number;
    const share = (from: number, to: number) => [(100 * (to - from)) / seconds];
    const over = `${COMPUTERS} computers, ${minutes} min`;
    const rows: Row[] = [
      {
        name: "dashboard: files of the first view, compressed",
        unit: "kB",
        values: [files.packed / KB],
        baseline: { name: "as the service sends them", values: [files.wire / KB] },
      },
      {
        name: `  records and pictures with ${COMPUTERS} computers, compressed`,
        unit: "kB",
        values: [records.packed / KB],
        baseline: { name: "as the service sends them", values: [records.wire / KB] },
      },
      {
        name: "  opened -> first card usable",
        unit: "ms",
        values: interactive,
        baseline: { name: "a picture of the same service, drawn", values: empty },
      },
      { name: `  page's renderer, ${over}`, unit: "% of a core", values: share(before.rendererS, after.rendererS) },
      { name: "  all of the browser", unit: "% of a core", values: share(before.browserS, after.browserS) },
      { name: "  service", unit: "% of a core", values: share(serviceBefore.cpuS, serviceAfter.cpuS) },
      {
        name: "  JavaScript heap of the page at the end",
        unit: "MiB",
        values: [after.heapMb],
        baseline: { name: "at the start", values: [before.heapMb] },
      },
      { name: "  DOM nodes at the end", unit: "count", values: [after.nodes], baseline: { name: "at the start", values: [before.nodes] } },
      {
        name: "  memory of the service at the end",
        unit: "MiB",
        values: [serviceAfter.rssMb],
        baseline: { name: "at the start", values: [serviceBefore.rssMb] },
      },
      { name: "  screens asked for", unit: "count", values: [looks.of.size], baseline: { name: "cards in view", values: [inView] } },
      { name: "  looks answered by a picture", unit: "count", values: [looks.pictures], baseline: { name: "all", values: [looks.all] } },
    ];
    return rows;
  } finally {
    await browser.close();
    await shown.close();
    await service.close();
    await xvnc.kill();
    rmSync(dataDir, { recursive: true, force: true });
  }
};
