import { Argument, type Command } from "commander";
import { TEMPLATES, type TemplateName } from "../../../contract/computer.ts";
import type { Cli } from "../../cli.ts";
import { print, table } from "../../print.ts";
import { progressView } from "../../progress.ts";
import { hostConfig } from "./host.ts";

const build = async (cli: Cli, template: TemplateName): Promise<void> => {
  const { ensureImage } = await import("../../../../guest-image/build/image.ts");
  const { cacheDir } = await hostConfig();
  const view = progressView(cli.stderr);
  try {
    const image = await ensureImage(template, { cacheDir, progress: view.report, signal: cli.signal });
    view.end();
    print(cli, image, `${template}: ${image.rootDisk}`);
  } catch (error) {
    view.end(false);
    throw error;
  }
};

const list = async (cli: Cli): Promise<void> => {
  const { listImages } = await import("../../../server/setup/doctor/images.ts");
  const images = await listImages(await hostConfig());
  const rows = images.map(({ template, image, size_bytes }) =>
    image
      ? [template, image.id.slice(0, 12), `${Math.round(size_bytes / 1024 ** 2)} MiB`, image.rootDisk]
      : [template, "not built", "", ""],
  );
  print(cli, images, table(["TEMPLATE", "ID", "SIZE", "DISK"], rows));
};

export const addImage = (parent: Command, cli: Cli): void => {
  const image = parent.command("image").description("Build and list guest images");
  image
    .command("build")
    .description("Build a template's image, unless it is there already")
    .addArgument(new Argument("[template]", "which").choices(TEMPLATES).default("browser"))
    .action((template: TemplateName) => build(cli, template));
  image
    .command("list")
    .description("List the templates and their images")
    .action(() => list(cli));
};
