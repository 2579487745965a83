import type { Mail } from "./mailer.ts";

/** The mails that Tugboat sends. Each says who caused it and what to do if it was not expected. */

export function resetLetter(to: string, link: string, hours: number): Mail {
  return {
    to,
    subject: "A new password for Tugboat",
    text: `Somebody, probably you, asked for a new password for ${to}.

Set it here, within ${hours} hours; the link works once:

${link}

If it was not you, do nothing: the password stays as it is.
`,
  };
}

export interface InvitationFacts {
  readonly to: string;
  readonly link: string;
  readonly organization: string;
  readonly invitedBy: string;
  readonly days: number;
}

export function invitationLetter({ to, link, organization, invitedBy, days }: InvitationFacts): Mail {
  return {
    to,
    subject: `${invitedBy} invites you to ${organization} on Tugboat`,
    text: `${invitedBy} invites you to work in ${organization} on Tugboat.

Join here, within ${days} days; the link works once:

${link}

If you don't know them, ignore this mail: nothing happens without the link.
`,
  };
}
