import { createReadStream, createWriteStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as pause } from "node:timers/promises";
import { Command, Option } from "commander";
import { z } from "zod";
import { exportFormats, isExportFormat } from "../../domain/datasets/export.ts";
import { importResult } from "../../domain/datasets/import.ts";
import { columnRoles, mapping } from "../../domain/datasets/mapping.ts";
import { contextOf } from "../context.ts";
import { CliError, ProgressLine, printJson, table } from "../output.ts";
import { type Api, apiOf } from "../service-api.ts";

const version = z.looseObject({ number: z.int(), rows: z.int(), digest: z.string(), createdAt: z.string() });
const listed = z.object({
  datasets: z.array(z.looseObject({ name: z.string(), description: z.string(), latest: version.nullable() })),
});
const sentFile = z.object({ id: z.string() });
const inspected = z.looseObject({ mapping, format: z.string(), columns: z.array(z.object({ name: z.string() })) });
const started = z.object({ dataset: z.string(), job: z.string() });
const job = z.looseObject({
  state: z.string(),
  error: z.string().nullable(),
  hint: z.string().nullable(),
  result: z.unknown(),
  progress: z.looseObject({ stage: z.string(), done: z.number().nullable() }).nullable(),
});

interface PushOptions {
  readonly name: string;
  readonly replace?: boolean;
  readonly note?: string;
  readonly columns?: string;
}

export function datasetsCommand(): Command {
  const command = new Command("datasets").description("examples in immutable versions");

  command
    .command("push")
    .description("brings a file into a dataset as a new version: CSV, TSV, XLSX, JSON Lines or a JSON array")
    .argument("<file>", "UTF-8, UTF-16 or Windows-1252")
    .requiredOption("--name <name>", "the dataset; it is made when there is none of that name")
    .option("--replace", "what is not in the file is no longer in the new version; by default the rows are added")
    .option("--note <text>", "what the version is")
    .option(
      "--columns <roles>",
      `what the columns are, e.g. message=input,queue=expected; roles: ${columnRoles.join(", ")}`,
    )
    .action(async (path: string, options: PushOptions, self: Command) => {
      const context = contextOf(self);
      const api = await apiOf(context);
      await checkFile(path);
      const file = basename(path);
      // Node's type of a web stream is another one than fetch takes.
      const body = Readable.toWeb(createReadStream(path)) as ReadableStream<Uint8Array>;
      const { id: upload } = sentFile.parse(await api.send("dataset-files", body));
      const found = inspected.parse(await api.post("datasets/inspect", { upload, file }));
      const chosen = options.columns === undefined ? found.mapping : columnsOf(options.columns);
      const begun = started.parse(
        await api.post("datasets/import", {
          upload,
          file,
          name: options.name,
          mapping: chosen,
          mode: options.replace ? "replace" : "append",
          ...(options.note !== undefined && { note: options.note }),
        }),
      );
      const result = await finished(api, begun.job);
      if (context.json) return printJson({ dataset: options.name, ...result, mapping: chosen });
      const skipped = result.skipped === 0 ? "" : `, ${result.skipped} without an input left out`;
      process.stdout.write(
        result.made
          ? `${options.name}@${result.version}: ${result.rows} rows of ${file}${skipped}\n`
          : `${options.name}@${result.version} holds the same already: no new version.\n`,
      );
    });

  command
    .command("list")
    .description("the datasets and their latest versions")
    .action(async (_options: unknown, self: Command) => {
      const context = contextOf(self);
      const { datasets } = listed.parse(await (await apiOf(context)).get("datasets/list"));
      if (context.json) return printJson({ datasets });
      const rows = datasets.map(({ latest, name }) => [
        name,
        latest === null ? "–" : String(latest.number),
        latest === null ? "0" : latest.rows.toLocaleString("en"),
        latest === null ? "" : latest.createdAt.slice(0, 16).replace("T", " "),
        latest === null ? "" : latest.digest.slice(0, 12),
      ]);
      process.stdout.write(table(["dataset", "version", "rows", "made", "digest"], rows));
    });

  command
    .command("pull")
    .description("writes a version to a file or to stdout")
    .argument("<dataset>", "name, name@3 or name@latest")
    .addOption(new Option("--format <format>", "its shape").choices(Object.keys(exportFormats)).default("jsonl"))
    .option("--split <split>", "train, validation or test only")
    .option("--out <file>", "where to write it")
    .action(async (reference: string, options: { format: string; split?: string; out?: string }, self: Command) => {
      const context = contextOf(self);
      const api = await apiOf(context);
      const [name = "", which = "latest"] = reference.split("@");
      const query = new URLSearchParams({ version: which, format: options.format });
      if (options.split !== undefined) query.set("split", options.split);
      const answer = await api.open(`dataset-exports/${encodeURIComponent(name)}?${query}`);
      const number = Number(answer.headers.get("x-tugboat-dataset-version"));
      if (answer.body === null || !isExportFormat(options.format)) throw new CliError("no-answer", "Nothing came.");
      // Node's type of a web stream is another one than the answer's.
      const body = Readable.fromWeb(answer.body as Parameters<typeof Readable.fromWeb>[0]);
      if (options.out === undefined && context.json) {
        if (options.format !== "jsonl") {
          throw new CliError(
            "wrong-usage",
            "Only jsonl can be printed as JSON.",
            "Give --out, or leave out --format.",
            2,
          );
        }
        const chunks: Buffer[] = [];
        for await (const chunk of body) chunks.push(Buffer.from(chunk));
        const lines = Buffer.concat(chunks).toString("utf8").split("\n").filter(Boolean);
        return printJson({
          dataset: name,
          version: number,
          examples: lines.map((line) => z.json().parse(JSON.parse(line))),
        });
      }
      await pipeline(body, options.out === undefined ? process.stdout : createWriteStream(options.out), {
        end: options.out !== undefined,
      });
      if (options.out === undefined) return;
      if (context.json) printJson({ dataset: name, version: number, file: options.out });
      else process.stdout.write(`${name}@${number} in ${options.out}\n`);
    });
  return command;
}

async function checkFile(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile()) return;
  throw new CliError("unreadable", `There is no file ${path}.`, "Give the path of a CSV, JSONL or XLSX file.");
}

/** `message=input,queue=expected` @throws CliError `wrong-usage` */
function columnsOf(text: string): z.output<typeof mapping> {
  const columns = Object.fromEntries(
    text.split(",").map((part) => {
      const at = part.lastIndexOf("=");
      return [part.slice(0, at).trim(), part.slice(at + 1).trim()];
    }),
  );
  const parsed = mapping.safeParse({ shape: "columns", columns });
  if (parsed.success) return parsed.data;
  const message = `--columns ${text} is not what columns are.`;
  throw new CliError("wrong-usage", message, "For example --columns message=input,queue=expected.", 2);
}

async function finished(api: Api, id: string): Promise<z.output<typeof importResult>> {
  const line = new ProgressLine();
  try {
    for (;;) {
      const found = job.parse(await api.get(`jobs/get?id=${id}`));
      if (found.state === "done") return importResult.parse(found.result);
      if (found.state === "failed" || found.state === "cancelled") {
        throw new CliError("import-failed", found.error ?? `The import was ${found.state}.`, found.hint ?? undefined);
      }
      if (found.progress !== null) line.show(`${found.progress.stage} ${found.progress.done ?? ""}`);
      await pause(250);
    }
  } finally {
    line.clear();
  }
}
