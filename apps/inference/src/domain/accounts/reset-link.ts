import { randomBytes } from "node:crypto";
import { type Auth, resetLinkSeconds } from "./auth.ts";

/**
 * A link on which somebody sets a new password; it works once, for a day.
 * @returns undefined when nobody has this address
 */
export async function resetLink(auth: Auth, consoleUrl: string, email: string): Promise<string | undefined> {
  const { internalAdapter } = await auth.$context;
  const found = await internalAdapter.findUserByEmail(email.toLowerCase());
  if (!found) return undefined;
  const token = randomBytes(24).toString("base64url");
  await internalAdapter.createVerificationValue({
    identifier: `reset-password:${token}`,
    value: found.user.id,
    expiresAt: new Date(Date.now() + resetLinkSeconds * 1000),
  });
  return `${consoleUrl}/reset-password?token=${token}`;
}
