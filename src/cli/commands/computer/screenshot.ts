import { writeFile } from "node:fs/promises";
import { extname } from "node:path";
import { type Command, Option } from "commander";
import type { ScreenshotOptions } from "../../../client/index.ts";
import { IMAGE_FORMATS } from "../../../contract/actions.ts";
import type { Cli } from "../../cli.ts";
import { print } from "../../print.ts";
import { integer, number, region } from "../../values.ts";

type Format = NonNullable<ScreenshotOptions["format"]>;
type Options = Omit<ScreenshotOptions, "signal" | "timeoutMs"> & { output?: string };

const FORMATS: Readonly<Record<string, Format>> = { ".jpg": "jpeg", ".jpeg": "jpeg", ".webp": "webp" };

export const addScreenshot = (parent: Command, cli: Cli): void => {
  parent
    .command("screenshot <name>")
    .description("Save a computer's screen as an image")
    .option("-o, --output <file>", "where to; - is standard output (default: NAME.png)")
    .addOption(new Option("--format <format>", "the image's format (default: as the file's name ends, or png)").choices(IMAGE_FORMATS))
    .option("--scale <factor>", "of the image's sides to the screen's, 0.05 to 4", number)
    .option("--region <x,y,width,height>", "a part of the screen, in its pixels", region)
    .option("--quality <percent>", "of jpeg and webp, 1 to 100", integer)
    .option("--no-cursor", "leave the pointer out of the picture")
    .action(async (name: string, { output, format, ...options }: Options) => {
      const computer = await cli.vitrine().computers.get(name, { signal: cli.signal });
      const wanted = format ?? FORMATS[extname(output ?? "").toLowerCase()] ?? "png";
      const image = await computer.screenshot({ ...options, format: wanted, signal: cli.signal });
      if (output === "-") {
        cli.stdout.write(image);
        return;
      }
      const file = output ?? `${computer.name}.${wanted}`;
      await writeFile(file, image);
      print(cli, { file, size_bytes: image.length }, file);
    });
};
