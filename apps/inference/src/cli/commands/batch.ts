import { openAsBlob } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { basename } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Command, Option } from "commander";
import { z } from "zod";
import { batchEndpoints, textLines } from "../../domain/batches/lines.ts";
import { contextOf } from "../context.ts";
import { CliError, ProgressLine, printJson, table } from "../output.ts";
import { call, type Service } from "../tour/ask.ts";
import { reach } from "../tour/reach.ts";

const batch = z.looseObject({
  id: z.string(),
  status: z.string(),
  endpoint: z.string(),
  created_at: z.number(),
  output_file_id: z.string().nullable(),
  error_file_id: z.string().nullable(),
  request_counts: z.object({ total: z.number(), completed: z.number(), failed: z.number() }),
  errors: z.object({ data: z.array(z.object({ message: z.string() })) }).nullable(),
});
type Batch = z.output<typeof batch>;
const list = z.object({ data: z.array(batch) });
const file = z.looseObject({ id: z.string() });
const firstLine = z.looseObject({ url: z.enum(batchEndpoints) });
const over = new Set(["completed", "failed", "expired", "cancelled"]);

export function batchCommand(): Command {
  const command = new Command("batch").description("requests from a file, answered in idle capacity at half the price");

  command
    .command("submit")
    .description("uploads a JSONL file of requests and has them answered within 24 hours")
    .argument(
      "<file>",
      'lines such as {"custom_id": "1", "method": "POST", "url": "/v1/chat/completions", "body": {…}}',
    )
    .addOption(
      new Option("--endpoint <path>", "what every line asks; by default the first line's url").choices(batchEndpoints),
    )
    .option("--wait", "until it is over")
    .action(async (path: string, options: { endpoint?: string; wait?: boolean }, self: Command) => {
      const context = contextOf(self);
      const { service } = await reach(context);
      const endpoint = options.endpoint ?? (await endpointOf(path));
      const form = new FormData();
      form.set("purpose", "batch");
      form.set("file", await openAsBlob(path), basename(path));
      const uploaded = file.parse(await (await ask(service, "files", { method: "POST", body: form })).json());
      const sent = { input_file_id: uploaded.id, endpoint, completion_window: "24h" };
      const made = await one(service, "batches", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(sent),
      });
      const shown = options.wait ? await ended(service, made.id) : made;
      if (context.json) printJson(shown);
      else {
        process.stdout.write(lines(shown));
        if (!options.wait) process.stdout.write(`\`tug batch status ${made.id}\` says how far it is.\n`);
      }
      refuseFailed(shown);
    });

  command
    .command("status")
    .description("how far a batch is; without an id, the latest ones")
    .argument("[id]", "batch_…")
    .option("--wait", "until it is over")
    .action(async (id: string | undefined, options: { wait?: boolean }, self: Command) => {
      const context = contextOf(self);
      const { service } = await reach(context);
      if (id === undefined) {
        const { data } = list.parse(await (await ask(service, "batches")).json());
        if (context.json) return printJson({ batches: data });
        const rows = data.map((each) => [each.id, each.status, ...counts(each), when(each)]);
        process.stdout.write(table(["batch", "status", "total", "done", "failed", "created"], rows));
        return;
      }
      const shown = options.wait ? await ended(service, id) : await one(service, `batches/${encodeURIComponent(id)}`);
      if (context.json) return printJson(shown);
      process.stdout.write(lines(shown));
    });

  command
    .command("results")
    .description("what a batch has answered, as JSONL; lines that failed too, with --errors")
    .argument("<id>", "batch_…")
    .option("--errors", "the lines that failed instead")
    .option("--out <file>", "where to write them; by default stdout")
    .action(async (id: string, options: { errors?: boolean; out?: string }, self: Command) => {
      const context = contextOf(self);
      const { service } = await reach(context);
      const found = await one(service, `batches/${encodeURIComponent(id)}`);
      if (!over.has(found.status)) {
        throw new CliError(
          "not-over",
          `The batch is ${found.status}.`,
          `\`tug batch status ${id} --wait\` waits for it.`,
        );
      }
      const fileId = options.errors ? found.error_file_id : found.output_file_id;
      const text = fileId === null ? "" : await (await ask(service, `files/${fileId}/content`)).text();
      if (options.out !== undefined) await keep(options.out, text);
      const results = text.split("\n").filter((line) => line !== "");
      if (context.json) {
        return printJson({
          batch: id,
          status: found.status,
          results: results.map((line) => z.json().parse(JSON.parse(line))),
        });
      }
      if (options.out === undefined) process.stdout.write(text);
      else process.stdout.write(`${results.length} lines in ${options.out}\n`);
    });
  return command;
}

/** @throws CliError `unreadable`, `bad-file` */
async function endpointOf(path: string): Promise<string> {
  try {
    for await (const { text } of textLines(path)) {
      const url = firstLine.safeParse(json(text)).data?.url;
      if (url !== undefined) return url;
      break;
    }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CliError("unreadable", `${path} can't be read: ${why}.`);
  }
  throw new CliError(
    "bad-file",
    `The first line of ${path} is no request.`,
    `Each line is JSON with custom_id, method "POST", a url of ${batchEndpoints.join(", ")} and a body.`,
  );
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function ask({ apiKey, apiUrl }: Service, path: string, init?: RequestInit): Promise<Response> {
  return call(`${apiUrl}/v1/${path}`, apiKey, init);
}

async function one(service: Service, path: string, init?: RequestInit): Promise<Batch> {
  return batch.parse(await (await ask(service, path, init)).json());
}

async function ended(service: Service, id: string): Promise<Batch> {
  const line = new ProgressLine();
  for (;;) {
    const now = await one(service, `batches/${encodeURIComponent(id)}`);
    if (over.has(now.status)) {
      line.clear();
      return now;
    }
    const { completed, failed, total } = now.request_counts;
    line.show(`${now.status}: ${completed + failed} of ${total}`);
    await pause(500);
  }
}

function refuseFailed({ errors, status }: Batch): void {
  if (status !== "failed") return;
  const [first] = errors?.data ?? [];
  throw new CliError("batch-failed", first?.message ?? "The batch failed.", "Mend the file and submit it again.");
}

function counts({ request_counts: { completed, failed, total } }: Batch): [number, number, number] {
  return [total, completed, failed];
}

function when({ created_at }: Batch): string {
  return new Date(created_at * 1000).toISOString().slice(0, 19).replace("T", " ");
}

function lines(shown: Batch): string {
  const { completed, failed, total } = shown.request_counts;
  const faults = (shown.errors?.data ?? []).map(({ message }) => `  ${message}\n`).join("");
  return `${shown.id}  ${shown.status}  ${completed} of ${total} answered, ${failed} failed\n${faults}`;
}

/** Whole, or not at all. */
async function keep(path: string, text: string): Promise<void> {
  const { writeFile } = await import("node:fs/promises");
  const coming = `${path}.coming`;
  try {
    await writeFile(coming, text);
    await rename(coming, path);
  } catch (error) {
    await rm(coming, { force: true });
    throw error;
  }
}
