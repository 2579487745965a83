import { Hono } from "hono";
import { z } from "zod";
import { objectSchemaOf } from "../../domain/tasks/fields.ts";
import { readJson } from "../body.ts";
import { ApiError, invalidRequest } from "../errors.ts";
import type { Edge, EdgeServices, EdgeVariables } from "../types.ts";
import { analyzed, answerTask, taskHeaders, taskInput, taskNamed } from "./serve-task.ts";

const body = z.strictObject({ input: z.unknown(), explain: z.boolean().default(false) });

/** `/v1/tasks/<name>`: a task with its types. GET gives them as JSON Schema. */
export function taskRoutes(services: EdgeServices): Edge {
  const app = new Hono<EdgeVariables>();
  const named = async (c: Parameters<typeof taskNamed>[0], name: string) => {
    const task = await taskNamed(c, services, `task:${name}`);
    if (task !== undefined) return task;
    throw new ApiError(404, "invalid_request_error", "model_not_found", `There is no task \`${name.slice(0, 100)}\`.`);
  };
  app.get("/:id", async (c) => {
    const { document, name, release } = await named(c, c.req.param("id"));
    const { input, instruction, output } = document;
    return c.json({
      task: name,
      plan: release.plan,
      instruction,
      input: objectSchemaOf(input),
      output: objectSchemaOf(output),
    });
  });
  app.post("/:id", async (c) => {
    const task = await named(c, c.req.param("id"));
    const parsed = body.safeParse(await readJson(c.req.raw));
    if (!parsed.success) {
      throw invalidRequest("invalid_value", 'The body is {"input": {…}}, and "explain": true for the steps.', "input");
    }
    const answer = await answerTask(c, services, task, taskInput(task, parsed.data.input));
    const { cached, costMicroUsd, inputTokens, output, outputTokens, plan } = answer;
    const usage = { input_tokens: inputTokens, output_tokens: outputTokens, cost_micro_usd: costMicroUsd };
    return c.json(
      {
        id: c.get("call").id,
        task: task.name,
        plan,
        cached,
        output,
        usage,
        ...(parsed.data.explain && { explain: analyzed(answer) }),
      },
      200,
      taskHeaders(answer),
    );
  });
  return app;
}
