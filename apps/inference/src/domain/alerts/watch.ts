import type { BudgetState, Database, OrganizationScope } from "@tugboat/db";
import type { Logger } from "pino";
import type { Mailer } from "../mail/mailer.ts";
import type { Vault } from "../secrets/vault.ts";
import { groupNames } from "../usage/names.ts";
import { spendAnomaly } from "./anomaly.ts";
import { budgetAlerts } from "./budget-alerts.ts";
import { objectiveAlerts, objectiveDays, objectives, objectivesSetting } from "./objectives.ts";
import { sendAlert } from "./send.ts";

const budgetsEveryMs = 3_000;
const usageEveryMs = 60_000;
const sendEveryMs = 1_000;
const atOnce = 20;
/** Pauses between attempts; after the last it is given up. They come to about nine hours. */
const pausesMs = [2_000, 10_000, 60_000, 300_000, 1_800_000, 7_200_000, 21_600_000];
const hourMs = 3_600_000;
const anomalyDays = 14;

export interface AlertSettings {
  readonly database: Database;
  readonly vault: Vault;
  readonly mailer: Mailer | undefined;
  readonly consoleUrl: string;
  readonly log: Logger;
}

/** Watches budgets, objectives and spend of every organization, and sends what is to be told. */
export class AlertWatch {
  readonly #settings: AlertSettings;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #running = new Map<string, Promise<void>>();

  constructor(settings: AlertSettings) {
    this.#settings = settings;
  }

  start(): void {
    this.#every(budgetsEveryMs, "budgets", () => this.checkBudgets());
    this.#every(usageEveryMs, "usage", () => this.checkUsage(new Date()));
    this.#every(sendEveryMs, "send", () => this.send());
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await Promise.all(this.#running.values());
  }

  async checkBudgets(): Promise<void> {
    const { consoleUrl, database } = this.#settings;
    const all = await database.metering.budgets();
    for (const organizationId of new Set(all.map((budget) => budget.organizationId))) {
      const scope = database.organization(organizationId);
      const budgets = all.filter((budget) => budget.organizationId === organizationId);
      // Names are asked for only where something is to be told.
      const due = budgets.filter((budget) => budgetAlerts([budget], () => "", "").length > 0);
      if (due.length === 0) continue;
      const nameOf = await namesOf(scope);
      for (const alert of budgetAlerts(due, nameOf, consoleUrl)) await scope.alerts.raise(alert);
    }
  }

  /** Objectives and unusual spend, from the hourly sums. */
  async checkUsage(now: Date): Promise<void> {
    const { consoleUrl, database } = this.#settings;
    for (const organizationId of await database.alerts.organizations()) {
      const scope = database.organization(organizationId);
      const set = (await scope.settings.get(objectivesSetting, objectives)) ?? [];
      const days = set.length > 0 ? objectiveDays : anomalyDays;
      const hours = await scope.usage.hours({ from: new Date(now.getTime() - days * 24 * hourMs), to: now });
      if (hours.length === 0) continue;
      for (const alert of objectiveAlerts(set, hours, now, consoleUrl)) await scope.alerts.raise(alert);
      const recent = hours.filter(({ hour }) => hour.getTime() >= now.getTime() - anomalyDays * 24 * hourMs);
      const ids = recent.map(({ apiKeyId }) => apiKeyId);
      const nameOf = await groupNames("key", ids, scope, (wanted) => database.people.names(wanted));
      // The hour that runs counts as far as it is.
      const thisHour = new Date(Math.floor(now.getTime() / hourMs) * hourMs);
      for (const hour of [thisHour, new Date(thisHour.getTime() - hourMs)]) {
        const anomaly = spendAnomaly(recent, hour, nameOf, consoleUrl);
        if (anomaly !== undefined) await scope.alerts.raise(anomaly);
      }
    }
  }

  /** Sends what is due; what fails is tried again later. */
  async send(): Promise<void> {
    const { database, log, mailer, vault } = this.#settings;
    const due = await database.alerts.claim(atOnce);
    await Promise.all(
      due.map(async (delivery) => {
        try {
          await sendAlert(delivery, { mailer, vault });
          await database.alerts.sent(delivery);
        } catch (error) {
          const pause = pausesMs[delivery.attempt - 1];
          const why = error instanceof Error ? error.message : String(error);
          log.warn(
            { alert: delivery.alertId, channel: delivery.channelId, why, attempt: delivery.attempt },
            "an alert was not sent",
          );
          await database.alerts.failed(delivery, why, pause === undefined ? undefined : new Date(Date.now() + pause));
        }
      }),
    );
  }

  #every(ms: number, name: string, run: () => Promise<void>): void {
    const once = () => {
      if (this.#running.has(name)) return;
      const going = run()
        .catch((err: unknown) => this.#settings.log.debug({ err, watch: name }, "alerts could not be checked"))
        .finally(() => this.#running.delete(name));
      this.#running.set(name, going);
    };
    this.#timers.push(setInterval(once, ms).unref());
  }
}

async function namesOf(scope: OrganizationScope): Promise<(budget: BudgetState) => string> {
  const [keys, projects, tasks, organization] = await Promise.all([
    scope.keys.list(),
    scope.projects.list({ archived: true }),
    scope.tasks.list(),
    scope.info(),
  ]);
  const names = new Map([...keys, ...projects, ...tasks, organization].map(({ id, name }) => [id, name]));
  return ({ subjectId }) => names.get(subjectId) ?? subjectId.slice(0, 8);
}
