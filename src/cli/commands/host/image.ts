import { Argument, type Command } from "commander";
import { TEMPLATES, type TemplateName } from "../../../contract/computer.ts";
import type { Cli } from "../../cli.ts";
import { print, table } from "../../print.ts";
import { progressView } from "../../progress.ts";
import { hostConfig, silent } from "./host.ts";

const build = async (cli: Cli, template: TemplateName): Promise<void> => {
  const config = await hostConfig();
  const { prepare } = await import("../../../server/host.ts");
  const view = progressView(cli.stderr);
  try {
    const { image, ready } = await prepare(config, { template, progress: view.report, signal: cli.signal, log: silent });
    view.end();
    print(cli, { ...image, restored_from: ready.dir }, `${template}: ${image.rootDisk}, restored from ${ready.dir}`);
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
    .description("Build a template: its image, and what computers of it are restored from; what is there already is not built again")
    .addArgument(new Argument("[template]", "which").choices(TEMPLATES).default("browser"))
    .action((template: TemplateName) => build(cli, template));
  image
    .command("list")
    .description("List the templates and their images")
    .action(() => list(cli));
};
