import type { FieldChange } from "./diff.ts";

/** Every act that is written down, as what somebody did. */
const acts: Readonly<Record<string, string>> = {
  "members.invite": "Invited a member",
  "members.accept": "Accepted an invitation",
  "members.add": "Added a member",
  "members.withdraw": "Withdrew an invitation",
  "members.changeRole": "Changed a member's role",
  "members.remove": "Removed a member",
  "users.sign-in": "Signed in",
  "users.sign-in-failed": "Failed to sign in",
  "users.change-password": "Changed their password",
  "users.reset-password": "Made a link that resets a password",
  "users.ask-reset": "Asked for a mail that resets a password",
  "users.password-reset": "Set a new password by a link",
  "users.two-factor-on": "Switched two-step sign-in on",
  "users.two-factor-off": "Switched two-step sign-in off",
  "users.backup-codes": "Made new backup codes",
  "users.end-session": "Ended one of their sessions",
  "users.end-sessions": "Ended all their other sessions",
  "keys.create": "Created an API key",
  "keys.update": "Changed an API key",
  "keys.revoke": "Revoked an API key",
  "organization.create": "Founded the organization",
  "organization.rename": "Renamed the organization",
  "organization.leave": "Left the organization",
  "projects.create": "Created a project",
  "projects.rename": "Renamed a project",
  "projects.archive": "Archived a project",
  "projects.unarchive": "Brought a project back",
  "aliases.create": "Created an alias",
  "aliases.move": "Moved an alias",
  "aliases.rollback": "Rolled an alias back",
  "aliases.cache": "Set what an alias answers from memory",
  "aliases.remove": "Removed an alias",
  "deployments.configure": "Changed how a model is served",
  "deployments.load": "Loaded a model",
  "deployments.unload": "Unloaded a model",
  "deployments.restart": "Restarted a model",
  "upstreams.create": "Added an upstream",
  "upstreams.update": "Changed an upstream",
  "upstreams.test": "Tested an upstream",
  "upstreams.remove": "Removed an upstream",
  "models.add": "Added a model",
  "models.remove": "Removed a model",
  "models.share": "Changed who may use a model",
  "models.download": "Added a model from the hub",
  "models.measure": "Had a model measured",
  "models.digest": "Had a model's files checked",
  "tasks.declare": "Declared a task",
  "tasks.plan": "Began to plan a task",
  "tasks.ship": "Shipped a plan",
  "tasks.rollBack": "Rolled a task back",
  "tasks.dismiss": "Dismissed a proposed plan",
  "tasks.setRule": "Changed what a task does by itself",
  "tasks.remove": "Removed a task",
  "datasets.create": "Made a dataset",
  "datasets.update": "Changed a dataset's name, description or schema",
  "datasets.remove": "Removed a dataset",
  "datasets.edit": "Edited examples",
  "datasets.import": "Imported examples",
  "prompts.save": "Saved a version of a prompt",
  "prompts.remove": "Removed a prompt",
  "prompts.move": "Moved a prompt's label",
  "prompts.decide": "Decided on a label's move",
  "prompts.guard": "Changed which labels need approval",
  "comments.add": "Commented",
  "comments.resolve": "Resolved a comment",
  "tuning.bring": "Kept an adapter that a browser trained",
  "tuning.create": "Began a tuning run",
  "tuning.again": "Began a second run from corrections",
  "tuning.cancel": "Ended a tuning run",
  "tuning.finish": "Added a tuned model",
  "tuning.ship": "Shipped a tuned model",
  "traces.remove": "Deleted traces",
  "traces.removeMatching": "Deleted traces by a search",
  "traces.rate": "Rated an answer",
  "traces.saveExample": "Saved a request as an example",
  "traces.setPolicy": "Changed what is kept of requests",
  "billing.setPrices": "Changed the prices",
  "billing.setBudget": "Changed a budget",
  "billing.importBill": "Imported an upstream's bill",
  "invoices.create": "Drafted an invoice",
  "invoices.finalize": "Made an invoice final",
  "invoices.move": "Marked an invoice paid or void",
  "invoices.discard": "Discarded a draft invoice",
  "invoices.credit": "Credited an invoice",
  "invoices.pay": "Opened a page to pay an invoice on",
  "agreements.set": "Changed the agreement",
  "currency.set": "Changed the currency that amounts are shown in",
  "webhooks.add": "Added a webhook",
  "webhooks.update": "Changed a webhook",
  "webhooks.remove": "Removed a webhook",
  "webhooks.again": "Sent a webhook's message again",
  "alerts.addChannel": "Added an alert channel",
  "alerts.switchChannel": "Switched an alert channel",
  "alerts.removeChannel": "Removed an alert channel",
  "alerts.test": "Tested an alert channel",
  "alerts.setObjectives": "Changed the objectives",
  "jobs.cancel": "Cancelled a job",
  "jobs.retry": "Ran a job again",
};

/** What can be filtered by: a whole kind first, then its acts. */
export const actGroups: readonly { readonly noun: string; readonly name: string; readonly acts: readonly string[] }[] =
  [
    { noun: "members.", name: "Members" },
    { noun: "keys.", name: "API keys" },
    { noun: "projects.", name: "Projects" },
    { noun: "organization.", name: "Organization" },
    { noun: "models.", name: "Models" },
    { noun: "tasks.", name: "Tasks" },
    { noun: "datasets.", name: "Datasets" },
    { noun: "prompts.", name: "Prompts" },
    { noun: "comments.", name: "Comments" },
    { noun: "tuning.", name: "Tuning" },
    { noun: "aliases.", name: "Aliases" },
    { noun: "deployments.", name: "Deployments" },
    { noun: "upstreams.", name: "Upstreams" },
    { noun: "traces.", name: "Traces" },
    { noun: "billing.", name: "Billing" },
    { noun: "invoices.", name: "Invoices" },
    { noun: "agreements.", name: "Agreements" },
    { noun: "currency.", name: "Currency" },
    { noun: "alerts.", name: "Alerts" },
    { noun: "webhooks.", name: "Webhooks" },
    { noun: "jobs.", name: "Activity" },
    { noun: "users.", name: "Accounts" },
  ].map((group) => ({ ...group, acts: Object.keys(acts).filter((act) => act.startsWith(group.noun)) }));

/** An act that this console does not know yet is called by its own name. */
export function actInWords(action: string): string {
  return acts[action] ?? action;
}

/** Who or what an act was about, as far as the record itself tells. */
export function subjectInWords(changes: readonly FieldChange[], before: unknown, after: unknown): string | undefined {
  const renamed = changes.find(({ field }) => field === "name");
  return (
    renamed?.after ??
    textOf(after, "name") ??
    textOf(after, "email") ??
    textOf(before, "name") ??
    textOf(before, "email")
  );
}

function textOf(record: unknown, field: "name" | "email"): string | undefined {
  if (typeof record !== "object" || record === null || Array.isArray(record)) return undefined;
  const found = Object.entries(record).find(([name]) => name === field)?.[1];
  return typeof found === "string" && found !== "" ? found : undefined;
}

/** A member by name, a key by its short id, the installation itself by what it is. */
export function actorInWords({ actor, actorName }: { readonly actor: string; readonly actorName: string }): string {
  if (actor === "system") return "This machine";
  if (actor === "unknown") return "Somebody unknown";
  if (actor.startsWith("key:")) return `API key ${actor.slice(4, 12)}`;
  return actorName === actor ? `Somebody who left (${actor.slice(0, 8)})` : actorName;
}
