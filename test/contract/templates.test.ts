import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { Vitrine } from "../../src/client/index.ts";
import { VitrineError } from "../../src/contract/errors.ts";
import { fakeFleet } from "../support/fake-machine.ts";
import { fakeTemplate } from "../support/fake-template.ts";
import { startService, type TestService } from "../support/service.ts";

let service: TestService;
let vitrine: Vitrine;
/** How many machines, from now on, end while they are restored. */
let ending = 0;
let discarded = 0;
const dir = mkdtempSync(join(tmpdir(), "vt-"));
beforeAll(async () => {
  const fleet = fakeFleet();
  const template = fakeTemplate(dir);
  const { restore } = fleet.driver;
  fleet.driver.restore = async (...given) => {
    if (ending-- > 0) throw new VitrineError("machine_failed", { reason: "it was killed" });
    return restore(...given);
  };
  service = await startService(dir, fleet, {
    host: {
      template: async (_shape, _image, _signal, { progress } = {}) => {
        for (const percent of [0, 20]) progress?.({ step: "template", message: "Booting it once", percent });
        return template;
      },
      discard: async () => void discarded++,
    },
  });
  vitrine = new Vitrine(service);
});
afterAll(async () => {
  await service.close();
  rmSync(dir, { recursive: true });
});

test.each([
  ["a machine that ends while it is restored is followed by another, and costs no template", 1, "restored", 0],
  ["a template with which two machines in turn have ended is not used again: the computer is booted", 2, "booted", 1],
] as const)("%s", async (_, machines, kind, templates) => {
  ending = machines;
  discarded = 0;
  const computer = await vitrine.computers.create();
  onTestFinished(() => computer.delete());
  expect([computer.status, computer.start_kind, discarded]).toEqual(["running", kind, templates]);
  const failures = (await computer.listEvents({ types: ["restore.failed"] })).data;
  expect(failures).toHaveLength(machines);
});

test("how a template that is waited for gets on is told, but not each line of it", async () => {
  ending = 0;
  const computer = await vitrine.computers.create();
  onTestFinished(() => computer.delete());
  const { data } = await computer.listEvents({ types: ["computer.progress"] });
  expect(data.map((event) => event.data)).toEqual([{ step: "template", message: "Booting it once", percent: 0 }]);
});
