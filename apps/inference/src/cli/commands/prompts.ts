import { Command } from "commander";
import { z } from "zod";
import { contextOf } from "../context.ts";
import { CliError, printJson, table } from "../output.ts";
import { apiOf } from "../service-api.ts";
import { call } from "../tour/ask.ts";
import { reach } from "../tour/reach.ts";

const listed = z.object({
  prompts: z.array(z.looseObject({ name: z.string(), latest: z.int(), labels: z.record(z.string(), z.int()) })),
});
const got = z.looseObject({
  moves: z.array(z.looseObject({ label: z.string(), from: z.int().nullable(), state: z.string() })),
});
const moved = z.looseObject({ label: z.string(), to: z.int(), state: z.string() });
const answer = z.looseObject({
  choices: z.array(z.looseObject({ message: z.looseObject({ content: z.string().nullable() }) })).min(1),
});

export function promptsCommand(): Command {
  const command = new Command("prompts").description("templates that are served by their names");

  command
    .command("list")
    .description("the prompts, their newest versions and where their labels point")
    .action(async (_options: unknown, self: Command) => {
      const context = contextOf(self);
      const { prompts } = listed.parse(await (await apiOf(context)).get("prompts/list"));
      if (context.json) return printJson({ prompts });
      const rows = prompts.map(({ labels, latest, name }) => [
        name,
        latest,
        Object.entries(labels)
          .map(([label, number]) => `${label}=${number}`)
          .join(" "),
      ]);
      process.stdout.write(table(["prompt", "versions", "labels"], rows));
    });

  command
    .command("run")
    .description("calls a prompt with its variables, as the API does")
    .argument("<prompt>", "name, name@production or name@3")
    .argument("[variables...]", "name=value")
    .action(async (prompt: string, pairs: string[], _options: unknown, self: Command) => {
      const context = contextOf(self);
      const { service } = await reach(context);
      const variables = Object.fromEntries(pairs.map(pairOf));
      const response = await call(`${service.apiUrl}/v1/chat/completions`, service.apiKey, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ model: `prompt:${prompt}`, messages: [], variables }),
      });
      const said = answer.parse(await response.json());
      const text = said.choices[0]?.message.content ?? "";
      if (context.json) return printJson({ text, prompt: response.headers.get("x-tugboat-prompt"), usage: said.usage });
      process.stdout.write(`${text}\n`);
    });

  command
    .command("move")
    .description("points a label to a version")
    .argument("<prompt>", "its name")
    .argument("<label>", "production, staging or another")
    .argument("<version>", "its number, or `back` for where the label pointed before")
    .action(async (prompt: string, label: string, version: string, _options: unknown, self: Command) => {
      const context = contextOf(self);
      const api = await apiOf(context);
      const number = version === "back" ? await before(api, prompt, label) : Number(version);
      const made = moved.parse(await api.post("prompts/move", { prompt, label, version: number }));
      if (context.json) return printJson(made);
      const waits = made.state === "waiting" ? " as soon as somebody else approves" : "";
      process.stdout.write(`${prompt}@${made.label} is version ${made.to}${waits}.\n`);
    });
  return command;
}

async function before(api: { get(path: string): Promise<unknown> }, prompt: string, label: string): Promise<number> {
  const { moves } = got.parse(await api.get(`prompts/get?prompt=${encodeURIComponent(prompt)}`));
  const last = moves.find((one) => one.label === label && one.state === "done");
  if (last?.from) return last.from;
  throw new CliError("not-found", `${prompt}@${label} has not pointed anywhere else.`, "Name a version.");
}

/** `name=value`; what is JSON is taken as that, so that numbers are numbers. */
function pairOf(pair: string): [string, unknown] {
  const at = pair.indexOf("=");
  if (at < 1) throw new CliError("wrong-usage", `${pair} is no variable.`, "Write name=value.", 2);
  const text = pair.slice(at + 1);
  try {
    const json: unknown = JSON.parse(text);
    return [pair.slice(0, at), typeof json === "string" ? text : json];
  } catch {
    return [pair.slice(0, at), text];
  }
}
