"use client";

import { Command } from "cmdk";
import { Compass, Link2, LogOut, MessageSquareText, Monitor, Moon, Palette, Search, Sun } from "lucide-react";
import { useRouter } from "next/navigation";
import type { ReactNode } from "react";
import { Dialog } from "../../ui/dialog.tsx";
import { toast } from "../../ui/toast.tsx";
import { useSession } from "../service/session.tsx";
import { useOverview } from "../service/use-overview.ts";
import { useTour } from "../tour/use-tour.ts";
import { tourName } from "./account-menu.tsx";
import { destinations } from "./navigation.ts";
import { signOut } from "./sign-out.ts";
import { applyTheme } from "./theme.ts";

export interface CommandPaletteProps {
  readonly open: boolean;
  readonly onClose: () => void;
}

export function CommandPalette({ open, onClose }: CommandPaletteProps) {
  return (
    <Dialog open={open} onClose={onClose} title="Search and commands" shape="bare">
      <Commands onClose={onClose} />
    </Dialog>
  );
}

function Commands({ onClose }: { readonly onClose: () => void }) {
  const router = useRouter();
  const { data } = useOverview();
  const { may, organization } = useSession();
  const tour = useTour();
  const models = data?.state === "up" && may("inference:run") ? data.models : [];
  const run = (act: () => void) => () => {
    onClose();
    act();
  };
  return (
    <Command filter={match} label="Search and commands" loop>
      <div className="flex items-center gap-3 border-line border-b px-4">
        <Search aria-hidden className="size-4 shrink-0 text-ink-3" />
        <Command.Input
          data-first-focus
          placeholder="Go to a page, a model, or do something"
          className="h-12 w-full bg-transparent text-md outline-none pointer-coarse:text-lg"
        />
      </div>
      <Command.List className="max-h-[min(420px,60vh)] overflow-y-auto p-2 [&_[cmdk-group-heading]]:px-2 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-ink-3 [&_[cmdk-group-heading]]:text-xs">
        <Command.Empty className="px-4 py-8 text-center text-ink-2">Nothing is called that.</Command.Empty>
        <Command.Group heading="Pages">
          {destinations
            .filter(({ needs }) => !needs || may(needs))
            .map(({ href, name, icon: Icon, keywords }) => (
              <Item key={href} icon={<Icon />} keywords={keywords} onSelect={run(() => router.push(href))}>
                {name}
              </Item>
            ))}
          <Item icon={<Palette />} keywords="components visual language" onSelect={run(() => router.push("/design"))}>
            Design
          </Item>
        </Command.Group>
        {models.length > 0 ? (
          <Command.Group heading="Models">
            {models.map(({ id }) => (
              <Item
                key={id}
                icon={<MessageSquareText />}
                keywords="playground chat"
                onSelect={run(() => router.push(`/playground?model=${encodeURIComponent(id)}`))}
              >
                {`Try ${id} in the playground`}
              </Item>
            ))}
          </Command.Group>
        ) : null}
        <Command.Group heading="Do">
          {data ? (
            <Item icon={<Link2 />} keywords="base url endpoint" onSelect={run(() => copyAddress(`${data.apiUrl}/v1`))}>
              Copy the API's address
            </Item>
          ) : null}
          {organization ? (
            <Item icon={<Compass />} keywords="guide help first steps onboarding" onSelect={run(tour.start)}>
              {tourName(tour.state)}
            </Item>
          ) : null}
          <Item icon={<Monitor />} keywords="theme appearance" onSelect={run(() => applyTheme("system"))}>
            Use the system's theme
          </Item>
          <Item icon={<Sun />} keywords="theme appearance" onSelect={run(() => applyTheme("light"))}>
            Use the light theme
          </Item>
          <Item icon={<Moon />} keywords="theme appearance" onSelect={run(() => applyTheme("dark"))}>
            Use the dark theme
          </Item>
          <Item icon={<LogOut />} keywords="leave log out" onSelect={run(() => void signOut())}>
            Sign out
          </Item>
        </Command.Group>
      </Command.List>
    </Command>
  );
}

/** Every word that was typed must be there, in the name or beside it; what is named so comes first. */
function match(name: string, search: string, keywords: readonly string[] = []): number {
  const wanted = search.toLowerCase().trim();
  const text = `${name} ${keywords.join(" ")}`.toLowerCase();
  if (!wanted.split(/\s+/).every((word) => text.includes(word))) return 0;
  return name.toLowerCase().includes(wanted) ? 1 : 0.5;
}

interface ItemProps {
  readonly icon: ReactNode;
  readonly keywords: string;
  readonly onSelect: () => void;
  readonly children: string;
}

function Item({ icon, keywords, onSelect, children }: ItemProps) {
  return (
    <Command.Item
      value={children}
      keywords={keywords.split(" ")}
      onSelect={onSelect}
      className="flex h-9 cursor-default select-none items-center gap-3 rounded-md px-2 data-[selected=true]:bg-hover pointer-coarse:h-11 [&>svg]:size-4 [&>svg]:text-ink-3"
    >
      {icon}
      {children}
    </Command.Item>
  );
}

async function copyAddress(address: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(address);
    toast({ tone: "good", text: "Copied the API's address.", hint: address });
  } catch {
    toast({ tone: "bad", text: "The address could not be copied.", hint: address });
  }
}
