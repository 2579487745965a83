import { readdir, readFile, stat } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Command, Option } from "commander";
import { z } from "zod";
import { searches } from "../../domain/flows/steps.ts";
import { contextOf } from "../context.ts";
import { integer } from "../options.ts";
import { CliError, ProgressLine, printJson, table } from "../output.ts";
import { type Api, apiOf } from "../service-api.ts";

const collections = z.object({
  collections: z.array(
    z.looseObject({
      name: z.string(),
      model: z.string().nullable(),
      documents: z.int(),
      passages: z.int(),
      embedded: z.int(),
    }),
  ),
});
const pushed = z.object({ added: z.int(), changed: z.int(), same: z.int(), job: z.string().nullable() });
const job = z.looseObject({ state: z.string(), error: z.string().nullable(), hint: z.string().nullable() });
const found = z.looseObject({
  ms: z.number(),
  passages: z.array(z.looseObject({ source: z.string(), heading: z.string(), text: z.string(), score: z.number() })),
});

/** Sent at once, in bytes of files. */
const batchBytes = 3_000_000;
const kinds = /\.(md|mdx|markdown|txt|text|rst|adoc|org)$/i;

export function docsCommand(): Command {
  const docs = new Command("docs").description("documents that flows search");
  docs
    .command("push")
    .description("puts a file, or a folder's texts, into a collection; what is there already, as it is, stays")
    .argument("<path>", "Markdown or plain text")
    .requiredOption("--collection <name>", "it is made when there is none of that name")
    .option("--model <name>", "makes the vectors of a new collection; left out, it is searched by words alone")
    .option("--wait", "wait until the vectors are made")
    .action(async (path: string, options: { collection: string; model?: string; wait?: boolean }, self: Command) => {
      const context = contextOf(self);
      const api = await apiOf(context);
      const files = await filesIn(path);
      if (files.length === 0)
        throw new CliError("not-found", `There is no text in ${path}.`, "Documents end in .md or .txt.");
      const { collections: there } = collections.parse(await api.get("documents/collections"));
      if (!there.some(({ name }) => name === options.collection)) {
        await api.post("documents/create", { name: options.collection, model: options.model ?? null });
      }
      const counts = { added: 0, changed: 0, same: 0 };
      const jobs: string[] = [];
      for (const documents of batchesOf(files)) {
        const result = pushed.parse(await api.post("documents/push", { collection: options.collection, documents }));
        counts.added += result.added;
        counts.changed += result.changed;
        counts.same += result.same;
        if (result.job !== null) jobs.push(result.job);
      }
      if (options.wait === true) for (const id of new Set(jobs)) await ended(api, id);
      if (context.json) return printJson({ collection: options.collection, ...counts, jobs });
      process.stdout.write(
        `${options.collection}: ${counts.added} added, ${counts.changed} changed, ${counts.same} as they were.\n`,
      );
    });
  docs
    .command("list")
    .description("the collections")
    .action(async (_options: object, self: Command) => {
      const context = contextOf(self);
      const all = collections.parse(await (await apiOf(context)).get("documents/collections"));
      if (context.json) return printJson(all);
      const rows = all.collections.map(({ documents, embedded, model, name, passages }) => [
        name,
        documents,
        passages,
        model === null ? "words alone" : `${model}, ${embedded} of ${passages}`,
      ]);
      if (rows.length === 0)
        process.stdout.write("There is no collection. `tug docs push <folder> --collection <name>`.\n");
      else process.stdout.write(table(["collection", "documents", "passages", "vectors"], rows));
    });
  docs
    .command("search")
    .description("finds passages")
    .argument("<collection>")
    .argument("<query>")
    .addOption(new Option("--by <how>", "what is compared").choices(searches).default("hybrid"))
    .option("--top <n>", "so many", integer(1, 50), 5)
    .action(async (collection: string, query: string, options: { by: string; top: number }, self: Command) => {
      const context = contextOf(self);
      const asked = new URLSearchParams({ collection, query, by: options.by, top: String(options.top) });
      const answer = found.parse(await (await apiOf(context)).get(`documents/search?${asked}`));
      if (context.json) return printJson(answer);
      for (const { heading, source, text } of answer.passages) {
        process.stdout.write(`${source}   ${heading}\n  ${text.replaceAll(/\s+/g, " ").slice(0, 160)}\n`);
      }
    });
  return docs;
}

interface Sent {
  readonly name: string;
  readonly base64: string;
}

/** Texts of a folder and the folders in it, by their paths within it. */
async function filesIn(path: string): Promise<Sent[]> {
  const what = await stat(path).catch(() => undefined);
  if (what === undefined) throw new CliError("not-found", `There is no ${path}.`, "Give a file or a folder.");
  if (what.isFile()) return [{ name: basename(path), base64: (await readFile(path)).toString("base64") }];
  const inside = await readdir(path, { recursive: true, withFileTypes: true });
  const paths = inside
    .filter((one) => one.isFile() && kinds.test(one.name))
    .map((one) => join(one.parentPath, one.name))
    .filter((one) => !one.split(/[\\/]/).includes("node_modules"))
    .sort();
  return Promise.all(
    paths.map(async (one) => ({ name: relative(path, one), base64: (await readFile(one)).toString("base64") })),
  );
}

function* batchesOf(files: readonly Sent[]): Generator<Sent[]> {
  let batch: Sent[] = [];
  let bytes = 0;
  for (const file of files) {
    if (batch.length > 0 && (bytes + file.base64.length > batchBytes || batch.length === 100)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(file);
    bytes += file.base64.length;
  }
  if (batch.length > 0) yield batch;
}

async function ended(api: Api, id: string): Promise<void> {
  const line = new ProgressLine();
  for (;;) {
    const now = job.parse(await api.get(`jobs/get?id=${id}`));
    if (now.state === "done" || now.state === "cancelled") return line.clear();
    if (now.state === "failed") {
      line.clear();
      throw new CliError("failed", now.error ?? "The vectors were not made.", now.hint ?? undefined);
    }
    line.show("making vectors");
    await pause(300);
  }
}
