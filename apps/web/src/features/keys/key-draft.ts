import type { inferRouterInputs } from "@trpc/server";
import type { AppRouter } from "@tugboat/inference/trpc";
import { dollarsText, microUsdOf } from "../../ui/money.ts";
import type { ApiKey } from "./key-state.ts";

type Inputs = inferRouterInputs<AppRouter>["keys"];
export type KeyScope = NonNullable<Inputs["create"]["scopes"]>[number];

/** What a key can be allowed, in the words of the form. */
export const keyScopes: readonly { readonly id: Exclude<KeyScope, "*">; readonly words: string }[] = [
  { id: "inference:run", words: "Call models" },
  { id: "models:read", words: "See the models" },
  { id: "models:write", words: "Add and remove models" },
  { id: "deployments:read", words: "See what is served" },
  { id: "projects:read", words: "See the projects" },
];

/** All that a program which asks models needs. */
export const callingScopes: readonly KeyScope[] = ["inference:run", "models:read"];

export type Expiry = "never" | "7" | "30" | "90" | "365" | "date";

/** The form as it is being filled in: text stays text until it is sent. */
export interface KeyDraft {
  readonly name: string;
  readonly projectId: string;
  /** `["*"]`: all that keys may, whatever is added later. */
  readonly scopes: readonly KeyScope[];
  readonly models: "all" | readonly string[];
  readonly expiry: Expiry;
  /** `2027-01-31`, where the expiry is a date. */
  readonly date: string;
  readonly requestsPerMinute: string;
  readonly tokensPerMinute: string;
  /** Dollars a month. */
  readonly budget: string;
}

export type DraftProblems = Readonly<Partial<Record<keyof KeyDraft, string>>>;

export function emptyDraft(projectId: string): KeyDraft {
  return {
    name: "",
    projectId,
    scopes: callingScopes,
    models: "all",
    expiry: "never",
    date: "",
    requestsPerMinute: "",
    tokensPerMinute: "",
    budget: "",
  };
}

export function draftOf(key: ApiKey): KeyDraft {
  return {
    name: key.name,
    projectId: key.projectId,
    scopes: key.scopes.includes("*") ? ["*"] : keyScopes.map(({ id }) => id).filter((id) => key.scopes.includes(id)),
    models: key.models.length === 0 ? "all" : key.models,
    expiry: key.expiresAt === null ? "never" : "date",
    date: key.expiresAt === null ? "" : dayOf(new Date(key.expiresAt)),
    requestsPerMinute: key.requestsPerMinute?.toString() ?? "",
    tokensPerMinute: key.tokensPerMinute?.toString() ?? "",
    budget: key.budgetMicroUsd === null ? "" : dollarsText(key.budgetMicroUsd),
  };
}

/** What is wrong with a draft, beside which field. What the service finds is added to this. */
export function problemsOf(draft: KeyDraft, now: number): DraftProblems {
  const expiresAt = momentOf(draft, now);
  return {
    ...(draft.name.trim() === "" ? { name: "A name is needed." } : {}),
    ...(draft.scopes.length === 0 ? { scopes: "A key needs a permission." } : {}),
    ...(draft.models.length === 0 ? { models: "Tick a model, or allow all." } : {}),
    ...(expiresAt === undefined ? { date: "Choose a day." } : {}),
    ...(expiresAt && Date.parse(expiresAt) <= now ? { date: "This day has passed." } : {}),
    ...limitProblem("requestsPerMinute", draft.requestsPerMinute),
    ...limitProblem("tokensPerMinute", draft.tokensPerMinute),
    ...(budgetOf(draft.budget) === undefined
      ? { budget: "Dollars, such as 25 or 0.50, or nothing for no limit." }
      : {}),
  };
}

/** The draft in the service's words. Call it only when `problemsOf` found nothing. */
export function creation(draft: KeyDraft, now: number): Inputs["create"] {
  return { projectId: draft.projectId, ...settingsOf(draft, now) };
}

/** Only what differs from the key that the form began with, so that nobody else's change is undone by the way. */
export function changes(draft: KeyDraft, key: ApiKey, now: number): Omit<Inputs["update"], "id" | "updatedAt"> {
  const before = draftOf(key);
  const after = settingsOf(draft, now);
  return {
    ...(after.name === key.name ? {} : { name: after.name }),
    ...(same(draft.scopes, before.scopes) ? {} : { scopes: after.scopes }),
    ...(same(after.models, key.models) ? {} : { models: after.models }),
    // The day was kept: so is the hour, which the form does not show.
    ...(draft.expiry === before.expiry && draft.date === before.date ? {} : { expiresAt: after.expiresAt }),
    ...(after.requestsPerMinute === key.requestsPerMinute ? {} : { requestsPerMinute: after.requestsPerMinute }),
    ...(after.tokensPerMinute === key.tokensPerMinute ? {} : { tokensPerMinute: after.tokensPerMinute }),
    ...(after.budgetMicroUsd === key.budgetMicroUsd ? {} : { budgetMicroUsd: after.budgetMicroUsd }),
  };
}

function settingsOf(draft: KeyDraft, now: number) {
  return {
    name: draft.name.trim(),
    scopes: [...draft.scopes],
    models: draft.models === "all" ? [] : [...draft.models],
    expiresAt: momentOf(draft, now) ?? null,
    requestsPerMinute: limitOf(draft.requestsPerMinute),
    tokensPerMinute: limitOf(draft.tokensPerMinute),
    budgetMicroUsd: budgetOf(draft.budget) ?? null,
  };
}

/** The end of the chosen day, here; null: never; undefined: no day was chosen. */
function momentOf({ expiry, date }: KeyDraft, now: number): string | null | undefined {
  if (expiry === "never") return null;
  if (expiry !== "date") return new Date(now + Number(expiry) * 86_400_000).toISOString();
  const end = new Date(`${date}T23:59:59`);
  return Number.isNaN(end.getTime()) ? undefined : end.toISOString();
}

function dayOf(date: Date): string {
  const two = (value: number) => String(value).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

const most = 2_000_000_000;

function limitOf(text: string): number | null {
  return text.trim() === "" ? null : Number(text);
}

/** Micro-dollars; null: no limit; undefined: no amount. */
function budgetOf(text: string): number | null | undefined {
  return text.trim() === "" ? null : microUsdOf(text);
}

function limitProblem(field: "requestsPerMinute" | "tokensPerMinute", text: string): DraftProblems {
  const limit = limitOf(text);
  if (limit === null || (Number.isInteger(limit) && limit >= 1 && limit <= most)) return {};
  return { [field]: "A whole number from 1 on, or nothing for no limit." };
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((one) => b.includes(one));
}
