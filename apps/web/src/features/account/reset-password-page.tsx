import { ButtonLink } from "../../ui/button.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Door } from "./door.tsx";
import { ResetPasswordForm } from "./reset-password-form.tsx";

export function ResetPasswordPage({ token }: { readonly token: string | undefined }) {
  return (
    <Door title="Choose a new password" note="It counts at once, and ends every session that you have open elsewhere.">
      {token ? (
        <ResetPasswordForm token={token} />
      ) : (
        <>
          <Notice tone="bad" hint="Open it exactly as it was given to you; tug users reset-password makes a new one.">
            This link is not complete.
          </Notice>
          <ButtonLink href="/sign-in">Sign in</ButtonLink>
        </>
      )}
    </Door>
  );
}
