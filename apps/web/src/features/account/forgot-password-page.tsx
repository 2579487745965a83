import { ButtonLink } from "../../ui/button.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Door } from "./door.tsx";
import { ForgotPasswordForm } from "./forgot-password-form.tsx";

export function ForgotPasswordPage({ mail }: { readonly mail: boolean }) {
  return (
    <Door title="Forgotten password" note="A link by mail sets a new one. It works once, for a day.">
      {mail ? (
        <ForgotPasswordForm />
      ) : (
        <Notice
          tone="warn"
          hint="Whoever looks after this installation can make a link: tug users reset-password, with your address."
        >
          No mail can be sent from here just now.
        </Notice>
      )}
      <ButtonLink href="/sign-in">Back to signing in</ButtonLink>
    </Door>
  );
}
