import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { CatalogModel } from "@tugboat/db";
import type { EncodedType } from "@tugboat/engine";
import { Command, Option } from "commander";
import { ownFilesIn } from "../../domain/models/own-files.ts";
import { recordedModel } from "../../domain/models/recorded.ts";
import { changeHome, contextOf, homeScope, withDatabase } from "../context.ts";
import { bytesText, CliError, countText, ProgressLine, printJson, table } from "../output.ts";

const types = ["f32", "f16", "q8_0", "q4_0"] as const satisfies readonly EncodedType[];

export function modelsCommand(): Command {
  const models = new Command("models").description("the catalog: which models can be served");

  models
    .command("list")
    .description("the models in the catalog")
    .action(async (_options: object, command: Command) => {
      const context = contextOf(command);
      const list = await withDatabase(context, (database) => homeScope(database).models.list());
      if (context.json) return printJson({ models: list.map(modelJson) });
      const rows = list.map((model) => [
        model.name,
        model.architecture,
        countText(model.parameters),
        model.quantisation,
        String(model.contextLength),
        bytesText(model.bytes),
        model.licence ?? "",
      ]);
      process.stdout.write(table(["model", "architecture", "parameters", "type", "context", "size", "licence"], rows));
    });

  models
    .command("add")
    .description(
      "add a model: a GGUF file, a Hugging Face folder, the folder of a LoRA adapter, or a hub id (owner/name, owner/name/file.gguf)",
    )
    .argument("<source>", "file, folder or hub id")
    .option("--name <name>", "what requests will call it")
    .option("--base <model>", "for an adapter: the model of the catalog that it changes, if it names another")
    .action(async (source: string, options: { name?: string; base?: string }, command: Command) => {
      const context = contextOf(command);
      const { env } = context;
      const line = new ProgressLine();
      const { prepareModel } = await import("../../domain/models/register.ts");
      // Only an adapter is looked up: the database is not opened for what needs none.
      const models = {
        get: (name: string) =>
          withDatabase(context, (database) => database.organization(database.home.organizationId).models.get(name)),
      };
      const prepared = await prepareModel(source, {
        name: options.name,
        base: options.base,
        models,
        downloads: join(env.TUGBOAT_HOME, "models"),
        hub: {
          endpoint: env.HF_ENDPOINT,
          token: env.HF_TOKEN,
          onProgress: ({ done, file, total }) =>
            line.show(`${file}: ${bytesText(done)} of ${bytesText(total)} (${Math.floor((done / total) * 100)} %)`),
        },
      });
      const model = await withDatabase(context, (database) =>
        changeHome(database, "models.add", async ({ models }) => {
          const before = await models.get(prepared.name);
          const after = await models.upsert(prepared);
          const changed = { after: recordedModel(after), ...(before && { before: recordedModel(before) }) };
          return { subject: after.name, ...changed, result: after };
        }),
      );
      line.clear();
      if (context.json) return printJson(modelJson(model));
      process.stdout.write(
        `Added ${model.name}: ${model.architecture}, ${countText(model.parameters)} parameters, ${model.quantisation}, ${bytesText(model.bytes)}.\n`,
      );
    });

  models
    .command("remove")
    .description("take a model out of the catalog; its files stay")
    .argument("<name>", "as the list shows it")
    .option("--files", "delete its files too, if they were uploaded or downloaded")
    .action(async (name: string, options: { files?: boolean }, command: Command) => {
      const context = contextOf(command);
      const own = ownFilesIn(context.env.TUGBOAT_HOME);
      const { deleted, removed } = await withDatabase(context, async (database) => {
        const removed = await changeHome(database, "models.remove", async ({ models }) => {
          const model = await models.get(name);
          if (model === null) {
            throw new CliError("not-found", `There is no model ${name}.`, "`tug models list` shows them.");
          }
          await models.remove(name);
          return { subject: model.name, before: recordedModel(model), result: model };
        });
        const used = await homeScope(database).models.isUsed(removed.sourcePath);
        const deleted = options.files === true && own.areOwn(removed) && !used;
        if (deleted) await own.remove(removed);
        return { deleted, removed };
      });
      if (context.json) return printJson({ removed: removed.name, files: removed.sourcePath, deleted });
      const files = deleted ? "Its files are deleted." : `Its files stay at ${removed.sourcePath}.`;
      process.stdout.write(`Removed ${removed.name}. ${files}\n`);
    });

  models
    .command("convert")
    .description("write a GGUF file from a Hugging Face folder or another GGUF file")
    .argument("<source>", "file or folder")
    .argument("<target>", "the GGUF file to write")
    .addOption(new Option("--type <type>", "type of the weights").choices([...types]).default("q8_0"))
    .option("--name <name>", "the model's name in the file")
    .option("--force", "replace the target")
    .action(convert);
  return models;
}

interface ConvertOptions {
  readonly type: EncodedType;
  readonly name?: string;
  readonly force?: boolean;
}

async function convert(source: string, target: string, options: ConvertOptions, command: Command): Promise<void> {
  const { json } = contextOf(command);
  if (existsSync(target) && options.force !== true) {
    throw new CliError("exists", `${target} is there already.`, "Choose another name, or replace it with --force.");
  }
  const { convertModel } = await import("@tugboat/engine");
  const { createFile, openModelFiles } = await import("@tugboat/engine/node");
  const line = new ProgressLine();
  const start = performance.now();
  const model = await openModelFiles(source);
  try {
    const file = await createFile(target);
    try {
      await convertModel(model, file, {
        type: options.type,
        ...(options.name !== undefined && { name: options.name }),
        onProgress: ({ done, total }) => line.show(`converting: ${bytesText(done)} of ${bytesText(total)}`),
      });
      await file.finish();
    } catch (error) {
      await file.discard();
      throw error;
    }
  } finally {
    await model.close();
    line.clear();
  }
  const seconds = (performance.now() - start) / 1000;
  if (json) return printJson({ path: resolve(target), type: options.type, seconds });
  process.stdout.write(`Wrote ${target} (${options.type}) in ${seconds.toFixed(1)} s.\n`);
}

function modelJson({ id: _, files, ...model }: CatalogModel) {
  return { ...model, files };
}
