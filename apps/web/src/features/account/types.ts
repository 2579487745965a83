import type { Role } from "@tugboat/inference/trpc";
import type { ServiceProblem } from "../service/types.ts";

export interface OpenInvitation {
  readonly email: string;
  readonly role: Role;
  /** The name of the organization that invites. */
  readonly organization: string;
  /** Whether the address has an account already, which must be the one that is signed in. */
  readonly hasAccount: boolean;
  readonly expiresAt: string;
}

export type InvitationAnswer = { readonly invitation: OpenInvitation } | { readonly problem: ServiceProblem };
