"use client";

import { Users } from "lucide-react";
import { CopyButton } from "../../ui/copy-button.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { Page } from "../../ui/page.tsx";
import { Panel } from "../../ui/panel.tsx";

/** What somebody sees who belongs to no organization: why, and how that changes. */
export function NoOrganization({ email }: { readonly email: string }) {
  return (
    <Page name="Welcome" answer="You are not a member of any organization yet." note={`Signed in as ${email}.`}>
      <Panel>
        <EmptyState icon={Users} title="Everything here belongs to an organization">
          <p>
            Its members share models, playgrounds, keys and costs, each as far as their role goes. An owner or an admin
            lets you in: they open <b className="font-medium text-ink">Members</b>, choose{" "}
            <b className="font-medium text-ink">Invite</b> and enter your address.
          </p>
          <p className="mt-3 flex items-center justify-center gap-1">
            <code className="break-all font-mono text-ink text-xs">{email}</code>
            <CopyButton text={email} what="address" />
          </p>
          <p className="mt-3">You get a link, which works once and for seven days. Open it in this browser.</p>
        </EmptyState>
      </Panel>
      <Panel title="Were you a member before?">
        <p className="text-ink-2">
          Then you left, or an admin removed you. Your account stays, and so do your password and your sessions: the
          settings show them.
        </p>
      </Panel>
    </Page>
  );
}
