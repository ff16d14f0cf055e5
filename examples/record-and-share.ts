/**
 * A recording, and a link to watch: the screen is filmed while Playwright fills in a form; somebody else may watch meanwhile, for ten minutes; the video is
 * saved, and stays after the computer is deleted. Run it beside a service: `npm run example -- record-and-share [folder for the video]`.
 */
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { Vitrine } from "../src/client/index.ts";
import { serveForm } from "./form-page.mjs";

const [folder = "."] = process.argv.slice(2);
const form = await serveForm();
try {
  await using computer = await new Vitrine().computers.create({ network: { host_ports: [form.port] } });
  const { url } = await computer.links.create("view", { ttl_s: 600 });
  console.log(`Whoever has this link may watch: ${url}`);

  const { id } = await computer.recorder.start({ fps: 12 });
  const browser = await computer.connectPlaywright({ timeout: 120_000 });
  const page = browser.contexts()[0]!.pages()[0]!;
  page.setDefaultTimeout(120_000); // without KVM a computer takes its time
  await page.goto(`http://host.vitrine.internal:${form.port}/`);
  await computer.recorder.mark(id, "Filling in the form");
  await page.getByLabel("Name").pressSequentially("Marie Skłodowska-Curie");
  await page.getByLabel("City").pressSequentially("Warszawa");
  await computer.recorder.mark(id, "Sending it");
  await page.getByRole("button", { name: "Send" }).click();
  await page.locator("#who").waitFor();
  await browser.close();

  const recording = await computer.recorder.stop(id); // when the video is ready
  await pipeline(await computer.recorder.video(id), createWriteStream(join(folder, "recording.mp4")));
  console.log(
    `${recording.duration_s} s are in ${join(folder, "recording.mp4")}; chapters: ${recording.chapters.map(({ title }) => title).join(", ")}`,
  );
  console.log(`Whoever has this link may see the video: ${recording.page_url}`);
} finally {
  await form.close();
}
