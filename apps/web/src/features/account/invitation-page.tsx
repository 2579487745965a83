import { ButtonLink } from "../../ui/button.tsx";
import { Notice } from "../../ui/notice.tsx";
import { roleDoes, roleName } from "../members/roles.ts";
import { AcceptForm } from "./accept-form.tsx";
import { Door } from "./door.tsx";
import { OtherAccount } from "./other-account.tsx";
import type { InvitationAnswer } from "./types.ts";

export interface InvitationPageProps {
  readonly token: string;
  readonly answer: InvitationAnswer;
  /** The address of whoever is signed in. */
  readonly signedInAs: string | undefined;
}

export function InvitationPage({ token, answer, signedInAs }: InvitationPageProps) {
  if ("problem" in answer) {
    return (
      <Door title="This invitation can't be opened" note="An invitation's link works once, for seven days.">
        <Notice tone="bad" hint={answer.problem.hint}>
          {answer.problem.message}
        </Notice>
        <ButtonLink href="/sign-in">Sign in</ButtonLink>
      </Door>
    );
  }
  const { email, role, organization, hasAccount } = answer.invitation;
  const here = signedInAs?.toLowerCase() === email.toLowerCase();
  const back = `/sign-in?next=${encodeURIComponent(`/invitation?token=${encodeURIComponent(token)}`)}`;
  return (
    <Door
      title={`Join ${organization}`}
      note={`${email} is invited as ${roleName(role).toLowerCase()}. ${roleDoes(role)}`}
    >
      {signedInAs && !here ? <OtherAccount signedInAs={signedInAs} email={email} /> : null}
      {!signedInAs && hasAccount ? (
        <>
          <Notice tone="neutral" hint="You come back here afterwards.">
            You have an account already: sign in with it first.
          </Notice>
          <ButtonLink href={back} kind="primary">
            Sign in
          </ButtonLink>
        </>
      ) : null}
      {here || (!signedInAs && !hasAccount) ? (
        <AcceptForm token={token} email={email} organization={organization} newAccount={!hasAccount} />
      ) : null}
    </Door>
  );
}
