import { Hono } from "hono";
import { readAnswer } from "../../domain/asking/answer.ts";
import type { Work } from "../../domain/asking/ask.ts";
import { newRequestId } from "../../domain/usage/request-id.ts";
import type { AskModel } from "../../tasks/run-step.ts";
import { Call } from "../call.ts";
import { toApiError } from "../errors.ts";
import { meterCall } from "../metering.ts";
import { chatRoutes } from "../openai/chat.ts";
import { embeddingRoutes } from "../openai/embeddings.ts";
import type { EdgeServices, EdgeVariables } from "../types.ts";

interface StepCall {
  readonly call: Call;
  readonly task: StepTask;
}

/** What the usage of a plan's steps is recorded under. */
export interface StepTask {
  readonly id: string;
  /** `task:…` */
  readonly name: string;
}

/**
 * Makes the requests of a plan's steps by the same routes as everybody's, in the name of whoever called the task. Each
 * step is a request of its own with a usage event of its own; the first has the call's id.
 */
export class StepRequests {
  readonly #services: EdgeServices;
  readonly #steps = new WeakMap<Request, StepCall>();
  readonly #app = new Hono<EdgeVariables>();

  constructor(services: EdgeServices) {
    this.#services = services;
    this.#app.use(async (c, next) => {
      const step = this.#steps.get(c.req.raw);
      if (step === undefined) throw new Error("a request of no task");
      c.set("call", step.call);
      meterCall(c, services.meter, "task", step.task.name, step.task.id);
      await next();
    });
    this.#app.onError((error, c) => {
      const answer = toApiError(error);
      if (answer.status >= 500) c.get("call").log.error({ err: answer.cause ?? answer }, "step of a task failed");
      return c.json(answer.body(), answer.status);
    });
    this.#app.route("/v1/chat/completions", chatRoutes(services));
    this.#app.route("/v1/embeddings", embeddingRoutes(services));
  }

  /**
   * Asks for one call of a task.
   * @param aside for what nobody waits for: it takes its turn behind whoever does, and no step has the call's id
   */
  asker(parent: Call, task: StepTask, signal: AbortSignal, aside?: Work): AskModel {
    let asked = aside === undefined ? 0 : 1;
    return async ({ body, endpoint }) => {
      signal.throwIfAborted();
      const { log, metrics } = this.#services;
      const id = asked++ === 0 ? parent.id : newRequestId();
      const call = new Call(id, parent.requestId, log.child({ task: task.name }), metrics);
      // Whoever may call the task may have it call its models.
      call.caller = parent.caller && {
        ...parent.caller,
        ...(parent.caller.kind === "member" ? {} : { models: undefined }),
      };
      call.work = aside ?? parent.work;
      const request = new Request(new URL(endpoint, "http://task.invalid"), {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
        signal,
      });
      this.#steps.set(request, { call, task });
      const response = await this.#app.fetch(request);
      const answer: unknown = await response.json();
      const { elapsedMs } = call;
      call.end(endpoint, "POST", response.status, signal.aborted ? "aborted" : "done");
      return readAnswer({ id, elapsedMs, status: response.status, headers: response.headers, body: answer });
    };
  }
}
