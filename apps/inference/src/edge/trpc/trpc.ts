import { initTRPC, type TRPCError } from "@trpc/server";
import { type AuditEntry, DatabaseError, type OrganizationScope } from "@tugboat/db";
import { type Permission, permissionTable } from "../../domain/permissions.ts";
import type { Member } from "../session.ts";
import type { Caller, Context } from "./context.ts";
import { type Refusal, RefusedError, toRefusal } from "./errors.ts";

export interface Meta {
  /** What the caller must have; `signed-in`: a session, in whichever organization. */
  readonly access: Permission | "signed-in";
}

/** What a change was, for the audit log. */
export interface Changed<T> extends Pick<AuditEntry, "subject" | "before" | "after"> {
  readonly result: T;
}

const t = initTRPC
  .context<Context>()
  .meta<Meta>()
  .create({
    // Subscriptions. A stream ends now and then, and the client begins another: so a changed role or a session that
    // ended counts for it too.
    sse: {
      maxDurationMs: 120_000,
      ping: { enabled: true, intervalMs: 10_000 },
      client: { reconnectAfterInactivityMs: 30_000 },
    },
    errorFormatter: ({ shape, error }) => {
      const refusal: Partial<Refusal> = error instanceof RefusedError ? error.refusal : {};
      const { code, httpStatus, path } = shape.data;
      const message = code === "INTERNAL_SERVER_ERROR" ? "The server had an error while doing this." : shape.message;
      return { ...shape, message, data: { code, httpStatus, path, ...refusal } };
    },
  });

export const { router } = t;

const procedure = t.procedure.use(async ({ ctx, next, path }) => {
  const result = await next();
  if (result.ok) return result;
  const error = toRefusal(result.error);
  if (error.code === "INTERNAL_SERVER_ERROR") {
    ctx.management.log.error({ err: error.cause ?? error, procedure: path }, "procedure failed");
  }
  throw error;
});

/** A procedure for whoever signed in, of whichever organization. It has no way to an organization's data. */
export const signedInProcedure = procedure.meta({ access: "signed-in" }).use(({ ctx, next }) => {
  if (ctx.caller?.kind !== "member") throw signedOut();
  return next({ ctx: { ...ctx, caller: ctx.caller } });
});

/**
 * The only way to a procedure on an organization's data. Its context holds the organization's own handle: no query made
 * through it can name another's rows.
 */
export function orgProcedure(permission: Permission) {
  return procedure.meta({ access: permission }).use(async ({ ctx, next, path, type }) => {
    const { caller, management } = ctx;
    if (caller === undefined) throw signedOut();
    const organizationId = organizationOf(caller);
    if (organizationId === undefined) {
      const message = "You are not a member of any organization.";
      throw new RefusedError("FORBIDDEN", message, { reason: "no-organization", hint: "Ask for an invitation." });
    }
    if (!caller.permissions.has(permission)) throw forbidden(permission, caller);
    const scope = management.database.organization(organizationId);
    const actor = caller.kind === "member" ? caller.userId : `key:${caller.keyId}`;

    /** Makes a change and writes it into the audit log, both or neither. */
    const change = async <T>(run: (scope: OrganizationScope) => Promise<Changed<T>>): Promise<T> =>
      scope.transaction(async (tx) => {
        const { result, ...what } = await run(tx);
        await tx.audit.append({ actor, action: path, address: ctx.address, ...what });
        return result;
      });

    const result = await next({ ctx: { ...ctx, caller, organizationId, actor, scope, change } });
    if (!result.ok && type === "mutation") throw await withRival(result.error, scope, management.database.people);
    return result;
  });
}

/** What procedures hand to functions beside them. */
export type OrgContext = Pick<Context, "management"> & { readonly scope: OrganizationScope };

function organizationOf(caller: Caller): string | undefined {
  return caller.kind === "member" ? caller.organization?.id : caller.organizationId;
}

/** Names the one who was faster, where somebody was. */
async function withRival(
  error: TRPCError,
  scope: OrganizationScope,
  people: Context["management"]["database"]["people"],
): Promise<TRPCError> {
  const { cause } = error;
  if (!(cause instanceof DatabaseError) || cause.code !== "conflict" || cause.subject === undefined) return error;
  const [last] = await scope.audit.list({ subject: cause.subject, limit: 1 });
  if (last === undefined) return error;
  const changedBy = (await people.names(userIds([last.actor]))).get(last.actor) ?? last.actor;
  const message = `${cause.message.replace(/\.$/, "")} by ${changedBy}.`;
  return new RefusedError("CONFLICT", message, { reason: cause.code, hint: cause.hint ?? "", changedBy }, cause);
}

/** Of actors, those that are people. */
export function userIds(actors: readonly string[]): string[] {
  return [...new Set(actors.filter((actor) => /^[0-9a-f-]{36}$/.test(actor)))];
}

function signedOut(): RefusedError {
  return new RefusedError("UNAUTHORIZED", "You are not signed in.", {
    reason: "signed-out",
    hint: "Sign in; what you typed stays on the page.",
  });
}

function forbidden(permission: Permission, caller: Caller): RefusedError {
  const { what } = permissionTable[permission];
  const message =
    caller.kind === "member"
      ? `Your role, ${roleOf(caller)}, may not ${what}.`
      : `This API key may not ${what}: it lacks \`${permission}\`.`;
  return new RefusedError("FORBIDDEN", message, { reason: "forbidden", hint: "Ask an admin of your organization." });
}

function roleOf(member: Member): string {
  return member.organization?.role ?? "none";
}
