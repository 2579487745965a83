"use client";

import { Page } from "../../ui/page.tsx";
import { AccountPanel } from "../account/account-panel.tsx";
import { SessionsPanel } from "../account/sessions-panel.tsx";
import { TwoStepPanel } from "../account/two-step-panel.tsx";
import { roleName } from "../members/roles.ts";
import { useSession } from "../service/session.tsx";
import { LeavePanel } from "./leave-panel.tsx";
import { OrganizationPanel } from "./organization-panel.tsx";
import { ProjectsPanel } from "./projects-panel.tsx";
import { SettingsNav } from "./settings-nav.tsx";

export function SettingsPage() {
  const { user, organization, role, may } = useSession();
  return (
    <Page
      name="Settings"
      answer={organization ? `You work in ${organization.name}.` : "You are not a member of any organization."}
      note={role ? `Signed in as ${user.email}, ${roleName(role).toLowerCase()}.` : `Signed in as ${user.email}.`}
    >
      <SettingsNav />
      <div className="grid items-start gap-6 lg:grid-cols-2">
        {organization ? (
          <div className="grid gap-6">
            <OrganizationPanel mayWrite={may("organization:write")} />
            {may("projects:read") ? <ProjectsPanel mayWrite={may("projects:write")} /> : null}
            <LeavePanel organization={organization} />
          </div>
        ) : null}
        <div className="grid gap-6">
          <AccountPanel email={user.email} />
          <TwoStepPanel />
          <SessionsPanel />
        </div>
      </div>
    </Page>
  );
}
