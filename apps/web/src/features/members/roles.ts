import type { Permission, Role } from "@tugboat/inference/trpc";

export interface RoleInWords {
  readonly role: Role;
  readonly name: string;
  /** What somebody with it does here, in a sentence. */
  readonly does: string;
}

/** The roles, from the one who may all to the one who looks. */
export const rolesInWords: readonly RoleInWords[] = [
  { role: "owner", name: "Owner", does: "Does everything, and is the only one who makes and unmakes owners." },
  { role: "admin", name: "Admin", does: "Runs the organization: members, projects, keys and the audit log." },
  { role: "developer", name: "Developer", does: "Builds with it: calls models, adds them, makes API keys." },
  { role: "expert", name: "Expert", does: "Tries models in the playground and judges what they answer." },
  {
    role: "billing",
    name: "Billing",
    does: "Sees what is used and what it costs, sets prices and budgets; calls nothing.",
  },
  { role: "viewer", name: "Viewer", does: "Looks at models, projects and members, and changes nothing." },
];

const byRole = new Map(rolesInWords.map((words) => [words.role, words]));

export function roleName(role: Role): string {
  return byRole.get(role)?.name ?? role;
}

export function roleDoes(role: Role): string {
  return byRole.get(role)?.does ?? "";
}

export function isRole(text: string): text is Role {
  return rolesInWords.some(({ role }) => role === text);
}

export interface MatrixRow {
  readonly may: string;
  readonly roles: readonly Role[];
}

const everyone: readonly Role[] = ["owner", "admin", "developer", "expert", "billing", "viewer"];
const administrators: readonly Role[] = ["owner", "admin"];
const builders: readonly Role[] = ["owner", "admin", "developer"];

/** The service's permission table as it is read here; a test compares it with the printed one, cell by cell. */
export const permissionMatrix: Readonly<Record<Permission, MatrixRow>> = {
  "organization:read": { may: "see the organization", roles: everyone },
  "organization:write": { may: "rename the organization", roles: administrators },
  "organization:create": { may: "found another organization", roles: administrators },
  "projects:read": { may: "see the projects", roles: everyone },
  "projects:write": { may: "create, rename and archive projects", roles: administrators },
  "members:read": { may: "see who is a member, with which role", roles: everyone },
  "members:write": {
    may: "invite members, change their roles, remove them; only owners make and unmake owners",
    roles: administrators,
  },
  "keys:read": { may: "see the API keys, without their secrets", roles: builders },
  "keys:write": { may: "create, change and revoke API keys", roles: builders },
  "usage:read": {
    may: "see what is used and what it costs",
    roles: ["owner", "admin", "developer", "expert", "billing"],
  },
  "traces:read": {
    may: "see requests with what was asked and answered, and say what an answer was worth",
    roles: ["owner", "admin", "developer", "expert"],
  },
  "traces:write": {
    may: "delete traces, and set what of requests is kept and for how long",
    roles: administrators,
  },
  "billing:read": {
    may: "see prices, budgets and the reconciliation",
    roles: ["owner", "admin", "billing"],
  },
  "billing:write": { may: "set prices and budgets", roles: ["owner", "admin", "billing"] },
  "audit:read": { may: "read and export the audit log", roles: administrators },
  "models:read": { may: "see the models in the catalog", roles: everyone },
  "models:write": { may: "add models to the catalog and remove them", roles: builders },
  "deployments:read": { may: "see what is served and how full it is", roles: everyone },
  "deployments:write": { may: "set how models are served, load and unload them", roles: builders },
  "aliases:read": { may: "see the aliases and where they point", roles: everyone },
  "aliases:write": { may: "create, move, roll back and remove aliases", roles: builders },
  "upstreams:read": { may: "see the upstreams, without their secrets", roles: builders },
  "upstreams:write": {
    may: "add, change, test and remove upstreams and their secrets",
    roles: administrators,
  },
  "webhooks:read": { may: "see the webhooks, without their secrets, and what they were told", roles: builders },
  "webhooks:write": { may: "add, change and remove webhooks, and send again", roles: administrators },
  "jobs:read": { may: "see background jobs and how far they are", roles: everyone },
  "jobs:write": {
    may: "cancel background jobs and run failed ones again",
    roles: ["owner", "admin", "developer", "expert"],
  },
  "tuning:read": { may: "see tuning runs and their reports", roles: everyone },
  "tuning:write": {
    may: "tune models, stop runs and ship what came out",
    roles: ["owner", "admin", "developer", "expert"],
  },
  "tasks:read": { may: "see tasks, their plans and what they are worth", roles: everyone },
  "tasks:write": {
    may: "declare tasks, plan and ship them, roll back",
    roles: ["owner", "admin", "developer", "expert"],
  },
  "flows:read": { may: "see flows, their plans and runs", roles: everyone },
  "flows:write": {
    may: "write and plan flows, run them, answer what waits for a person",
    roles: ["owner", "admin", "developer", "expert"],
  },
  "documents:read": { may: "see and search documents", roles: everyone },
  "documents:write": {
    may: "put documents into collections and remove them",
    roles: ["owner", "admin", "developer", "expert"],
  },
  "datasets:read": { may: "see datasets, their versions and examples, and export them", roles: everyone },
  "datasets:write": {
    may: "import, change and remove datasets and comment on examples",
    roles: ["owner", "admin", "developer", "expert"],
  },
  "prompts:read": { may: "see prompts, their versions and labels", roles: everyone },
  "prompts:write": {
    may: "write versions of prompts, move and approve their labels, comment on them",
    roles: ["owner", "admin", "developer", "expert"],
  },
  "evaluations:read": { may: "see evaluations, evaluators and guards", roles: everyone },
  "evaluations:write": {
    may: "run evaluations and make evaluators",
    roles: ["owner", "admin", "developer", "expert"],
  },
  "reviews:read": { may: "see reviews and what they say together", roles: everyone },
  "reviews:write": {
    may: "review answers and make datasets of reviews",
    roles: ["owner", "admin", "developer", "expert"],
  },
  "inference:run": {
    may: "call models, by the API or in the playground",
    roles: ["owner", "admin", "developer", "expert"],
  },
};
