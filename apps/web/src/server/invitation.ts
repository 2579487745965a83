import type { Role } from "@tugboat/inference/trpc";
import { z } from "zod";
import type { InvitationAnswer } from "../features/account/types.ts";
import { ApiError, callApi, sentenceOf } from "./api.ts";

const roles = ["owner", "admin", "developer", "expert", "billing", "viewer"] as const satisfies readonly Role[];

const invitation = z.object({
  email: z.string(),
  role: z.enum(roles),
  organization: z.string(),
  hasAccount: z.boolean(),
  expiresAt: z.string(),
});

/** What an invitation's link stands for, or why there is nothing to accept. */
export async function readInvitation(token: string, browser: Headers, signal: AbortSignal): Promise<InvitationAnswer> {
  if (token === "") {
    return { problem: { code: "no-token", message: "This link is not complete.", hint: "Ask for it once more." } };
  }
  try {
    const path = `/api/auth/invitation?token=${encodeURIComponent(token)}`;
    const answer = await callApi(path, { from: browser, signal, accept: "all" });
    const said: unknown = await answer.json().catch(() => undefined);
    const read = invitation.safeParse(said);
    if (answer.ok && read.success) return { invitation: read.data };
    // An unknown token and one of an impossible length are the same to whoever holds the link.
    if (answer.status === 404 || answer.status === 400) {
      return {
        problem: {
          code: "unknown",
          message: "This invitation is not valid any more.",
          hint: "It was used, withdrawn or is older than a week. Ask for a new one.",
        },
      };
    }
    return { problem: sentenceOf(said, answer.status) };
  } catch (cause) {
    if (cause instanceof ApiError) return { problem: { code: cause.code, message: cause.message, hint: cause.hint } };
    return { problem: { code: "unclear", message: "The service does not answer.", hint: "Try again in a moment." } };
  }
}
