import type { Database } from "@tugboat/db";
import type { Auth } from "./auth.ts";

interface Credentials {
  readonly email: string;
  readonly password: string;
}

/**
 * Makes the first account an owner of the first organization, once: an organization that has an owner is left as it is,
 * so that an owner who was removed, or who changed the password, stays so.
 */
export async function ensureOwner(auth: Auth, database: Database, credentials: Credentials): Promise<void> {
  const scope = database.organization(database.home.organizationId);
  if ((await scope.members.list()).some(({ role }) => role === "owner")) return;
  const { internalAdapter, password } = await auth.$context;
  const email = credentials.email.toLowerCase();
  const known = (await internalAdapter.findUserByEmail(email))?.user;
  const user =
    known ??
    // Not by the library: it asks who may come in by the other provider, which nobody does here.
    (await database.accounts.user.create({ data: { name: "Owner", email, emailVerified: true } }));
  if (!(await internalAdapter.findAccounts(user.id)).some(({ providerId }) => providerId === "credential")) {
    await internalAdapter.linkAccount({
      userId: user.id,
      accountId: user.id,
      providerId: "credential",
      password: await password.hash(credentials.password),
    });
  }
  await scope.transaction(async (tx) => {
    await tx.members.add(user.id, "owner");
    await tx.audit.append({
      actor: "system",
      action: "members.add",
      subject: user.id,
      after: { email, role: "owner" },
    });
  });
}

/**
 * Gives the first account the password of a first-run.json that was lost and has been made anew: what that file says has
 * to sign in. Whoever may write that file may also run `tug users reset-password`.
 */
export async function renewPassword(auth: Auth, { email, password }: Credentials): Promise<void> {
  const context = await auth.$context;
  const found = await context.internalAdapter.findUserByEmail(email.toLowerCase());
  if (found) await context.internalAdapter.updatePassword(found.user.id, await context.password.hash(password));
}
