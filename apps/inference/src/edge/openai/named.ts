import type { Context } from "hono";
import { z } from "zod";
import { chatWithFlow } from "../flows/chat.ts";
import { flowNamed } from "../flows/serve-flow.ts";
import { chatWithTask } from "../tasks/chat.ts";
import { taskNamed } from "../tasks/serve-task.ts";
import type { EdgeServices, EdgeVariables } from "../types.ts";
import { answerChat } from "./chat.ts";
import { requestOfPrompt } from "./prompt-name.ts";

/** Answers a chat whose name is of its kind; undefined for any other name. */
type Resolver = (
  c: Context<EdgeVariables>,
  services: EdgeServices,
  json: unknown,
  name: string,
) => Promise<Response | undefined>;

/** Names that are no model's, alias's or upstream's, but of something that asks such a one. The first that knows it answers. */
const resolvers: readonly Resolver[] = [
  async (c, services, json, name) => {
    const task = await taskNamed(c, services, name);
    return task && chatWithTask(c, services, task, json);
  },
  async (c, services, json, name) => {
    const flow = await flowNamed(c, services, name);
    return flow && chatWithFlow(c, services, flow, json);
  },
  async (c, services, json, name) => {
    const request = await requestOfPrompt(c, services, json, name);
    return request && answerChat(c, services, request);
  },
];

const named = z.looseObject({ model: z.string().min(1).max(512) });

/** Answers a chat that names something other than a model; undefined where it names a model. */
export async function answerNamed(
  c: Context<EdgeVariables>,
  services: EdgeServices,
  json: unknown,
): Promise<Response | undefined> {
  const name = named.safeParse(json).data?.model;
  if (name === undefined) return undefined;
  for (const resolver of resolvers) {
    const answer = await resolver(c, services, json, name);
    if (answer !== undefined) return answer;
  }
  return undefined;
}
