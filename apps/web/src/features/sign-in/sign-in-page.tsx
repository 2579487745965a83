import { Logo } from "../../ui/logo.tsx";
import { Notice } from "../../ui/notice.tsx";
import { EnterForm } from "./enter-form.tsx";

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

export interface SignInPageProps {
  readonly problem: string | undefined;
  /** Where the reader wanted to go. */
  readonly next: string | undefined;
}

export function SignInPage({ problem, next }: SignInPageProps) {
  const known = problem === undefined ? undefined : problems[problem];
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
        <EnterForm next={localPath(next)} />
      </div>
    </main>
  );
}

/** Only a path of this console; anything else would lead a reader who just signed in somewhere else. */
function localPath(next: string | undefined): string {
  return next?.startsWith("/") && !/^\/[/\\]/.test(next) ? next : "/";
}
