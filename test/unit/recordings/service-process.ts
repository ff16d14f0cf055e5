/** A service of recordings in a process of its own, for a test to kill: records a screen that counts, and says what it has shown. */
import { StartRecording } from "../../../src/contract/recordings.ts";
import { displaysOf, FakeDisplay } from "./fake-display.ts";
import { computerRecord, openStudio } from "./studio.ts";

const [, , dataDir = "", animate = "1"] = process.argv;
const computer = computerRecord("cmp_aaaaaaaaaaaa");
const display = new FakeDisplay(320, 240);
display.fill(0);
const studio = await openStudio(dataDir, displaysOf(display));
studio.store.computers.insert(computer);
const { id } = await studio.recordings.start(computer, StartRecording.parse({}), new AbortController().signal);
process.stdout.write(`${id} ${studio.recordings.get(id).encoder?.pid}\n`);
let shown = 0;
setInterval(() => {
  if (animate === "1") display.fill(++shown * 2);
  process.stdout.write(`${shown}\n`);
}, 100);
