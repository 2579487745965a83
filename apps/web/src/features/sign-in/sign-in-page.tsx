import { Logo } from "../../ui/logo.tsx";
import { Notice } from "../../ui/notice.tsx";
import { EnterForm } from "./enter-form.tsx";
import { SingleSignOn } from "./single-sign-on.tsx";
import type { WaysIn } from "./types.ts";

const problems: Readonly<Record<string, { readonly message: string; readonly hint: string }>> = {
  link: {
    message: "This sign-in link is not valid, or was used already.",
    hint: "Each link works once. Start Tugboat again for a new one, or sign in with the printed password.",
  },
  expired: {
    message: "This sign-in link has expired.",
    hint: "Start Tugboat again for a new one, or sign in with the printed password.",
  },
  service: {
    message: "The inference service does not answer, so nobody can sign in.",
    hint: "Start Tugboat with npm start, or look into its log. The link still works afterwards.",
  },
  unclear: {
    message: "The sign-in link could not be used.",
    hint: "Try it once more; if it fails again, sign in with the printed password.",
  },
};

/** What single sign-on came back with, by its error. */
const refusals: Readonly<Record<string, { readonly message: string; readonly hint: string }>> = {
  not_invited: {
    message: "You have no account here, and no invitation.",
    hint: "Ask an admin of your organization to invite the address that you signed in with.",
  },
  domain_not_allowed: {
    message: "Addresses of this domain can't sign in here.",
    hint: "Sign in with your organization's address, or ask an admin.",
  },
  email_unverified: {
    message: "Your identity provider does not vouch for your email address.",
    hint: "Have the address verified there, then try again.",
  },
  email_not_found: {
    message: "Your identity provider did not tell your email address.",
    hint: "An admin has to let Tugboat read the scope “email” there.",
  },
  account_not_linked: {
    message: "There is an account with this address that was never verified.",
    hint: "Sign in with its password, or ask an admin.",
  },
  access_denied: {
    message: "Your identity provider did not let you through.",
    hint: "Try again there, or ask who looks after it.",
  },
};
const misled = {
  message: "The way back from your identity provider was not the one that began here.",
  hint: "Begin again from this page, in one window; too long at the provider counts as well.",
};
const failed = {
  message: "Your identity provider's answer could not be used.",
  hint: "Try again. If this stays, an admin finds the reason in the service's log.",
};

function refusalOf(error: string) {
  return refusals[error] ?? (error.startsWith("state_") || error === "please_restart_the_process" ? misled : failed);
}

export interface SignInPageProps {
  readonly problem: string | undefined;
  /** Where the reader wanted to go. */
  readonly next: string | undefined;
  /** What single sign-on failed with. */
  readonly error: string | undefined;
  readonly ways: WaysIn;
}

export function SignInPage({ problem, next, error, ways }: SignInPageProps) {
  const known = error !== undefined ? refusalOf(error) : problem === undefined ? undefined : problems[problem];
  return (
    <main className="grid min-h-dvh place-items-center px-4 py-12">
      <div className="grid w-full max-w-[340px] gap-6">
        <div className="grid gap-4">
          <Logo className="size-8 text-accent" />
          <div className="grid gap-1">
            <h1 className="font-medium text-xl tracking-[-0.012em]">Sign in to Tugboat</h1>
            <p className="text-ink-2">
              Open the link that <code className="font-mono text-xs">npm start</code> prints, or use the email and
              password beside it.
            </p>
          </div>
        </div>
        {known ? (
          <Notice tone="bad" hint={known.hint}>
            {known.message}
          </Notice>
        ) : null}
        {ways.oidc ? <SingleSignOn name={ways.oidc.name} next={localPath(next)} /> : null}
        <EnterForm next={localPath(next)} mail={ways.mail} />
      </div>
    </main>
  );
}

/** Only a path of this console; anything else would lead a reader who just signed in somewhere else. */
export function localPath(next: string | undefined): string {
  return next?.startsWith("/") && !/^\/[/\\]/.test(next) ? next : "/";
}
