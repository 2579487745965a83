import type { Database, ServedTask, TaskReleaseInfo } from "@tugboat/db";
import { planSpec } from "../../domain/planner/plan.ts";
import { storedDocument, type TaskDocument } from "../../domain/tasks/document.ts";
import { taskRule } from "../../domain/tasks/rule.ts";
import { artifact } from "../../tasks/artifact.ts";
import { type PreparedPlan, preparePlan } from "../../tasks/run-step.ts";
import { AnswerCache } from "./answer-cache.ts";

/** A task that serves, ready to answer. */
export interface ReadyTask {
  readonly id: string;
  readonly name: string;
  readonly document: TaskDocument;
  readonly release: TaskReleaseInfo;
  /** By their numbers. */
  readonly plans: ReadonlyMap<number, PreparedPlan>;
  readonly cache: AnswerCache;
}

/** What a name is: a task that serves, one that nothing serves yet, or none at all. */
export type FoundTask = ReadyTask | "not-shipped" | undefined;

interface Known {
  /** Tasks by the names that requests have for them. */
  readonly names: Promise<ReadonlyMap<string, string>>;
  readonly tasks: Map<string, Promise<FoundTask>>;
  readonly readAt: number;
}

/** While changes can't be heard, an organization's tasks are read this often. */
const deafFreshMs = 1000;

/** Every organization's tasks from memory. It is told of each change by the same channel as aliases. */
export class TaskDirectory {
  readonly #database: Database;
  readonly #listening: () => boolean;
  readonly #known = new Map<string, Known>();

  constructor(database: Database, listening: () => boolean) {
    this.#database = database;
    this.#listening = listening;
  }

  /** Forgets what is known of an organization, `*` for all. */
  forget(organizationId: string): void {
    if (organizationId === "*") this.#known.clear();
    else this.#known.delete(organizationId);
  }

  /**
   * The task that a request names: `task:support-triage`, or an alias of it.
   * @returns undefined for a name that is not a task's
   */
  async find(organizationId: string, model: string): Promise<FoundTask> {
    const known = this.#read(organizationId);
    const name = model.startsWith("task:") ? model.slice("task:".length) : (await known.names).get(model);
    if (name === undefined) return undefined;
    let task = known.tasks.get(name);
    if (task === undefined) {
      task = this.#load(organizationId, name);
      if (known.tasks.size > 1000) known.tasks.clear();
      known.tasks.set(name, task);
      task.catch(() => known.tasks.delete(name));
    }
    return task;
  }

  /** The names of an organization's tasks that serve, as requests may name them. */
  async list(organizationId: string): Promise<string[]> {
    const tasks = await this.#database.organization(organizationId).tasks.list();
    return tasks.filter(({ release }) => release !== null).map(({ name }) => `task:${name}`);
  }

  #read(organizationId: string): Known {
    const known = this.#known.get(organizationId);
    if (known !== undefined && (this.#listening() || performance.now() - known.readAt < deafFreshMs)) return known;
    const names = this.#database
      .organization(organizationId)
      .tasks.list()
      .then((tasks) => {
        const entries = tasks.flatMap(({ name, rule }) =>
          (taskRule.safeParse(rule).data?.aliases ?? []).map((alias) => [alias, name] as const),
        );
        return new Map(entries);
      });
    const made: Known = { names, tasks: new Map(), readAt: performance.now() };
    names.catch(() => this.#known.delete(organizationId));
    this.#known.set(organizationId, made);
    return made;
  }

  async #load(organizationId: string, name: string): Promise<FoundTask> {
    const { tasks } = this.#database.organization(organizationId);
    const served = await tasks.served(name);
    if (served !== undefined) return readyTask(served);
    return (await tasks.find(name)) === null ? undefined : "not-shipped";
  }
}

function readyTask({ document: stored, id, name, plans, release }: ServedTask): ReadyTask {
  const document = storedDocument.parse(stored);
  const ready = plans.map(
    ({ artifact: made, number, spec }) =>
      [number, preparePlan(planSpec.parse(spec), artifact.parse(made), document)] as const,
  );
  return { id, name, document, release, plans: new Map(ready), cache: new AnswerCache() };
}
