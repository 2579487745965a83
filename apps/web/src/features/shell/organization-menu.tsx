"use client";

import { useMutation } from "@tanstack/react-query";
import { Building2, Check, ChevronsUpDown, Plus } from "lucide-react";
import { useState } from "react";
import { Menu } from "../../ui/menu.tsx";
import { toast } from "../../ui/toast.tsx";
import { useSession } from "../service/session.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import { NewOrganizationDialog } from "./new-organization-dialog.tsx";

/** Where one works, the others that one belongs to, and a new one. */
export function OrganizationMenu() {
  const { may, organization, organizations } = useSession();
  const trpc = useTRPC();
  const [founding, setFounding] = useState(false);
  const { mutate } = useMutation(
    trpc.session.switch.mutationOptions({
      // Every page is rendered anew: nothing of the organization before stays on it.
      onSuccess: () => window.location.assign("/"),
      onError: (cause) => toast({ tone: "bad", text: problemOf(cause).message, hint: problemOf(cause).hint }),
    }),
  );
  if (!organization) return null;
  const mayFound = may("organization:create");
  if (organizations.length < 2 && !mayFound) {
    return <p className="truncate px-1 text-ink-3 text-xs">{organization.name}</p>;
  }
  return (
    <>
      <Menu
        align="start"
        trigger={
          <button
            type="button"
            aria-label={`Organization: ${organization.name}`}
            className="control-h-sm -mx-0.5 flex min-w-0 items-center gap-2 rounded-md px-1.5 text-ink-2 text-xs transition-colors focus-ring hover:bg-hover hover:text-ink"
          >
            <Building2 aria-hidden className="size-3.5 shrink-0 text-ink-3" />
            <span className="min-w-0 grow truncate text-left">{organization.name}</span>
            <ChevronsUpDown aria-hidden className="size-3 shrink-0 text-ink-3" />
          </button>
        }
        items={[
          ...organizations.map(({ id, name, slug }) => ({
            label: organizations.some((other) => other.id !== id && other.name === name) ? `${name} (${slug})` : name,
            icon: id === organization.id ? <Check /> : <Building2 />,
            onSelect: () => id !== organization.id && mutate({ organizationId: id }),
          })),
          ...(mayFound ? [{ label: "New organization", icon: <Plus />, onSelect: () => setFounding(true) }] : []),
        ]}
      />
      {founding ? <NewOrganizationDialog onClose={() => setFounding(false)} /> : null}
    </>
  );
}
