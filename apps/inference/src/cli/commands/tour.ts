import { Command } from "commander";
import { z } from "zod";
import { type CliContext, contextOf } from "../context.ts";
import { CliError, printJson } from "../output.ts";
import { ask, call, type Service } from "../tour/ask.ts";
import { reach } from "../tour/reach.ts";

const models = z.object({
  data: z.array(
    z.object({ id: z.string(), tugboat: z.object({ isDefault: z.boolean(), chat: z.boolean().optional() }) }),
  ),
});
const health = z.object({
  status: z.string(),
  version: z.string(),
  device: z.object({ description: z.string() }).nullable(),
});

const questions = {
  chat: "Choose one: animal, food, plant\n\nText: a small domesticated carnivore that chases mice",
  text: "Once upon a time",
} as const;

const onwards = [
  ["npx tug models list", "what is in the catalog, and what a model needs"],
  ["npx tug keys create --name my-app", "a key for a program of yours"],
  ["npx tug run tug-small 'Is water wet? Answer yes or no.'", "a model without the service"],
  ["npx tug doctor", "what this machine has, and what is missing"],
] as const;

export function tourCommand(): Command {
  return new Command("tour")
    .description("the first five minutes: is it there, ask it something, call it from a program")
    .action(async (_options: object, command: Command) => tour(contextOf(command)));
}

async function tour(context: CliContext): Promise<void> {
  const { service, facts } = await reach(context);
  const say = (text: string) => context.json || process.stdout.write(text);

  const state = health.parse(await (await call(`${service.apiUrl}/health`, service.apiKey)).json());
  const { data: listed } = models.parse(await (await call(`${service.apiUrl}/v1/models`, service.apiKey)).json());
  const model = listed.find(({ tugboat }) => tugboat.isDefault) ?? listed[0];
  if (!model)
    throw new CliError("no-model", "No model is served.", "`tug models add` adds one from a file or a hub id.");
  say(
    `1. It is there: Tugboat ${state.version} at ${service.apiUrl}, ${state.device?.description ?? "still loading"}.\n`,
  );
  say(`   Served: ${listed.map(({ id }) => id).join(", ")}.\n\n`);

  const chat = model.tugboat.chat ?? false;
  const question = chat ? questions.chat : questions.text;
  say(`2. Asking ${model.id}:\n\n${indented(question)}\n\n   → `);
  const answer = await ask(service, { model: model.id, text: question, chat }, (piece) =>
    say(piece.replaceAll("\n", "\n     ")),
  );
  const { ttftMs, tokensPerSecond } = answer.timings;
  say(
    `\n\n   First token after ${ttftMs.toFixed(0)} ms, then ${tokensPerSecond.toFixed(0)} tok/s, on this machine.\n\n`,
  );

  const snippet = curl(service, model.id, question, chat);
  say(`3. The same from a program: any OpenAI client works. As pasted:\n\n${snippet}\n\n`);
  const next = onwards.map(([command, does]) => ({ command, does }));
  const width = Math.max(...next.map(({ command }) => command.length));
  say(`4. From here\n\n${next.map(({ command, does }) => `   ${command.padEnd(width)}  ${does}`).join("\n")}\n`);
  if (facts) say(`\n   The console: ${facts.consoleUrl}, as ${facts.email}.\n`);
  if (!context.json) return;
  printJson({
    service: { apiUrl: service.apiUrl, ...state },
    models: listed.map(({ id }) => id),
    model: model.id,
    question,
    ...answer,
    snippet,
    next,
    ...(facts && { consoleUrl: facts.consoleUrl }),
  });
}

function curl({ apiKey, apiUrl }: Service, model: string, text: string, chat: boolean): string {
  const path = chat ? "chat/completions" : "completions";
  const body = { model, temperature: 0, max_tokens: 64 };
  const asked = JSON.stringify(
    chat ? { ...body, messages: [{ role: "user", content: text }] } : { ...body, prompt: text },
  );
  return `curl ${apiUrl}/v1/${path} -H "Authorization: Bearer ${apiKey}" -H "Content-Type: application/json" -d '${asked}'`;
}

function indented(text: string): string {
  return text
    .split("\n")
    .map((line) => `   ${line}`.trimEnd())
    .join("\n");
}
