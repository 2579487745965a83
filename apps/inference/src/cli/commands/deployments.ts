import { Command } from "commander";
import { z } from "zod";
import { contextOf } from "../context.ts";
import { integer } from "../options.ts";
import { CliError, printJson, table } from "../output.ts";
import { apiOf } from "../service-api.ts";

const deployment = z.looseObject({
  model: z.string(),
  state: z.string(),
  inFlight: z.number(),
  needsRestart: z.boolean(),
  updatedAt: z.string().nullable(),
  settings: z.looseObject({
    replicas: z.number(),
    prefillReplicas: z.number(),
    layerStages: z.number(),
    embeddingWorkers: z.number(),
    headWorkers: z.number(),
  }),
});
const listed = z.object({ deployments: z.array(deployment) });

interface ConfigureOptions {
  readonly replicas?: number;
  readonly prefillReplicas?: number;
  readonly layerStages?: number;
  readonly embeddingWorkers?: number;
  readonly headWorkers?: number;
  readonly restart?: boolean;
}

export function deploymentsCommand(): Command {
  const deployments = new Command("deployments").description("how models are served: replicas, pools and stages");

  deployments
    .command("list")
    .description("every model, and the workers that it is divided among")
    .action(async (_options: object, command: Command) => {
      const context = contextOf(command);
      const api = await apiOf(context);
      const answer = listed.parse(await api.get("deployments/list"));
      if (context.json) return printJson(answer);
      const rows = answer.deployments.map(({ inFlight, model, settings, state }) => {
        const { embeddingWorkers, headWorkers, layerStages, prefillReplicas, replicas } = settings;
        const counts = [replicas, prefillReplicas, layerStages, embeddingWorkers, headWorkers];
        return [model, state, inFlight, ...counts];
      });
      const headings = ["model", "state", "in flight", "replicas", "prefill", "layer stages", "embedding", "head"];
      process.stdout.write(table(headings, rows));
    });

  deployments
    .command("configure")
    .description("set how a model is served; what is not named stays as it is")
    .argument("<model>", "its name")
    .option("--replicas <n>", "workers that share its requests", integer(1, 64))
    .option("--prefill-replicas <n>", "further workers that only read prompts for them", integer(0, 64))
    .option("--layer-stages <n>", "parts of each replica's layers, a process each", integer(1, 64))
    .option(
      "--embedding-workers <n>",
      "processes of each replica's embedding; 0: with the first layers",
      integer(0, 16),
    )
    .option("--head-workers <n>", "processes of each replica's logits; 0: with the last layers", integer(0, 16))
    .option("--restart", "start its workers anew, so that it holds at once; what runs may end first")
    .action(async (model: string, { restart, ...settings }: ConfigureOptions, command: Command) => {
      if (Object.keys(settings).length === 0 && !restart) {
        throw new CliError("usage", "Name a setting, such as --replicas 2.", undefined, 2);
      }
      const context = contextOf(command);
      const api = await apiOf(context);
      const known = listed.parse(await api.get("deployments/list")).deployments.find((one) => one.model === model);
      if (!known) throw new CliError("not-found", `There is no model ${model}.`, "`tug deployments list` has them.");
      const { updatedAt } = known;
      const after = deployment.parse(await api.post("deployments/configure", { model, ...settings, updatedAt }));
      if (restart) await api.post("deployments/restart", { model });
      if (context.json) return printJson({ ...after, restarted: restart === true });
      const holds = restart || !after.needsRestart ? "It holds." : "It holds once the model was restarted: --restart.";
      process.stdout.write(`Changed how ${model} is served. ${holds}\n`);
    });
  return deployments;
}
