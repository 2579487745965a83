/**
 * Who may do what: the one table that the service enforces, the console reads and the docs print. A new permission is a
 * new row; a new procedure or route names a row.
 */

export const roles = ["owner", "admin", "developer", "expert", "billing", "viewer"] as const;
export type Role = (typeof roles)[number];

interface Row {
  readonly what: string;
  readonly roles: readonly Role[];
  /** Whether an API key may carry it. Whoever makes a key must have what the key is given. */
  readonly keys: boolean;
}

const everyone = roles;
const administrators = ["owner", "admin"] as const;
const builders = ["owner", "admin", "developer"] as const;

const table = {
  "organization:read": { what: "see the organization", roles: everyone, keys: false },
  "organization:write": { what: "rename the organization", roles: administrators, keys: false },
  "organization:create": { what: "found another organization", roles: administrators, keys: false },
  "projects:read": { what: "see the projects", roles: everyone, keys: true },
  "projects:write": { what: "create, rename and archive projects", roles: administrators, keys: false },
  "members:read": { what: "see who is a member, with which role", roles: everyone, keys: false },
  "members:write": {
    what: "invite members, change their roles, remove them; only owners make and unmake owners",
    roles: administrators,
    keys: false,
  },
  "keys:read": { what: "see the API keys, without their secrets", roles: builders, keys: false },
  "keys:write": { what: "create, change and revoke API keys", roles: builders, keys: false },
  "usage:read": {
    what: "see what is used and what it costs",
    roles: ["owner", "admin", "developer", "expert", "billing"],
    keys: false,
  },
  "traces:read": {
    what: "see requests with what was asked and answered, and say what an answer was worth",
    roles: ["owner", "admin", "developer", "expert"],
    keys: true,
  },
  "traces:write": {
    what: "delete traces, and set what of requests is kept and for how long",
    roles: administrators,
    keys: false,
  },
  "billing:read": {
    what: "see prices, budgets and the reconciliation",
    roles: ["owner", "admin", "billing"],
    keys: false,
  },
  "billing:write": { what: "set prices and budgets", roles: ["owner", "admin", "billing"], keys: false },
  "audit:read": { what: "read and export the audit log", roles: administrators, keys: false },
  "models:read": { what: "see the models in the catalog", roles: everyone, keys: true },
  "models:write": { what: "add models to the catalog and remove them", roles: builders, keys: true },
  "deployments:read": { what: "see what is served and how full it is", roles: everyone, keys: true },
  "jobs:read": { what: "see background jobs and how far they are", roles: everyone, keys: true },
  "jobs:write": {
    what: "cancel background jobs and run failed ones again",
    roles: ["owner", "admin", "developer", "expert"],
    keys: true,
  },
  "deployments:write": { what: "set how models are served, load and unload them", roles: builders, keys: true },
  "aliases:read": { what: "see the aliases and where they point", roles: everyone, keys: true },
  "aliases:write": { what: "create, move, roll back and remove aliases", roles: builders, keys: true },
  "upstreams:read": { what: "see the upstreams, without their secrets", roles: builders, keys: false },
  "upstreams:write": {
    what: "add, change, test and remove upstreams and their secrets",
    roles: administrators,
    keys: false,
  },
  "webhooks:read": {
    what: "see the webhooks, without their secrets, and what they were told",
    roles: builders,
    keys: false,
  },
  "webhooks:write": { what: "add, change and remove webhooks, and send again", roles: administrators, keys: false },
  "tuning:read": { what: "see tuning runs and their reports", roles: everyone, keys: true },
  "tuning:write": {
    what: "tune models, stop runs and ship what came out",
    roles: ["owner", "admin", "developer", "expert"],
    keys: true,
  },
  "tasks:read": { what: "see tasks, their plans and what they are worth", roles: everyone, keys: true },
  "tasks:write": {
    what: "declare tasks, plan and ship them, roll back",
    roles: ["owner", "admin", "developer", "expert"],
    keys: true,
  },
  "flows:read": { what: "see flows, their plans and runs", roles: everyone, keys: true },
  "flows:write": {
    what: "write and plan flows, run them, answer what waits for a person",
    roles: ["owner", "admin", "developer", "expert"],
    keys: true,
  },
  "documents:read": { what: "see and search documents", roles: everyone, keys: true },
  "documents:write": {
    what: "put documents into collections and remove them",
    roles: ["owner", "admin", "developer", "expert"],
    keys: true,
  },
  "datasets:read": { what: "see datasets, their versions and examples, and export them", roles: everyone, keys: true },
  "datasets:write": {
    what: "import, change and remove datasets and comment on examples",
    roles: ["owner", "admin", "developer", "expert"],
    keys: true,
  },
  "prompts:read": { what: "see prompts, their versions and labels", roles: everyone, keys: true },
  "prompts:write": {
    what: "write versions of prompts, move and approve their labels, comment on them",
    roles: ["owner", "admin", "developer", "expert"],
    keys: true,
  },
  "evaluations:read": { what: "see evaluations, evaluators and guards", roles: everyone, keys: true },
  "evaluations:write": {
    what: "run evaluations and make evaluators",
    roles: ["owner", "admin", "developer", "expert"],
    keys: true,
  },
  "reviews:read": { what: "see reviews and what they say together", roles: everyone, keys: false },
  "reviews:write": {
    what: "review answers and make datasets of reviews",
    roles: ["owner", "admin", "developer", "expert"],
    keys: false,
  },
  "inference:run": {
    what: "call models, by the API or in the playground",
    roles: ["owner", "admin", "developer", "expert"],
    keys: true,
  },
} as const satisfies Readonly<Record<string, Row>>;

export type Permission = keyof typeof table;

export const permissionTable: Readonly<Record<Permission, Row>> = table;

export const permissions = Object.keys(table).filter(isPermission);

/** What a key with the scope `*` may do. */
export const keyPermissions: readonly Permission[] = permissions.filter((name) => permissionTable[name].keys);

export function isPermission(text: string): text is Permission {
  return Object.hasOwn(table, text);
}

export function roleMay(role: Role, permission: Permission): boolean {
  return permissionTable[permission].roles.includes(role);
}

export function permissionsOf(role: Role): Permission[] {
  return permissions.filter((permission) => roleMay(role, permission));
}

/** What a key's scopes amount to. Scopes that keys may not have, or that no longer exist, count for nothing. */
export function permissionsOfScopes(scopes: readonly string[]): ReadonlySet<Permission> {
  if (scopes.includes("*")) return new Set(keyPermissions);
  return new Set(keyPermissions.filter((permission) => scopes.includes(permission)));
}
