"use client";

import { LogOut, Menu as MenuIcon, Search } from "lucide-react";
import dynamic from "next/dynamic";
import Link from "next/link";
import { usePathname } from "next/navigation";
import { type ReactNode, useEffect, useState } from "react";
import { IconButton } from "../../ui/button.tsx";
import { cx } from "../../ui/class-names.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { Kbd } from "../../ui/kbd.tsx";
import { Logo } from "../../ui/logo.tsx";
import { Tooltip } from "../../ui/tooltip.tsx";
import { useModKey } from "../../ui/use-mod-key.ts";
import { ActivityTray } from "../activity/activity-tray.tsx";
import { useSession } from "../service/session.tsx";
import { SignInAgain } from "../sign-in/sign-in-again.tsx";
import { useTour } from "../tour/use-tour.ts";
import { AccountMenu } from "./account-menu.tsx";
import { destinations, isCurrent } from "./navigation.ts";
import { NoOrganization } from "./no-organization.tsx";
import { OrganizationMenu } from "./organization-menu.tsx";
import { ServiceLine } from "./service-line.tsx";
import { signOut } from "./sign-out.ts";
import type { Theme } from "./theme.ts";
import { ThemeSwitch } from "./theme-switch.tsx";

// The palette and its list machinery load when first asked for, not with every page.
const CommandPalette = dynamic(() => import("./command-palette.tsx").then((module) => module.CommandPalette), {
  ssr: false,
});

const Tour = dynamic(() => import("../tour/tour.tsx").then((module) => module.Tour), { ssr: false });

export interface ShellProps {
  readonly theme: Theme;
  readonly children: ReactNode;
}

export function Shell({ theme, children }: ShellProps) {
  const [menuOpen, setMenuOpen] = useState(false);
  const [palette, setPalette] = useState<"never" | "open" | "closed">("never");
  const path = usePathname();
  const { organization, user } = useSession();
  // Who has seen the tour does not load it.
  const [touring, setTouring] = useState(false);
  const { state: tour } = useTour();
  if (!touring && (tour === "new" || tour === "open")) setTouring(true);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new page closes the menu that led to it.
  useEffect(() => setMenuOpen(false), [path]);

  useEffect(() => {
    function onKey(event: KeyboardEvent) {
      if (event.key.toLowerCase() !== "k" || !(event.metaKey || event.ctrlKey) || event.altKey) return;
      event.preventDefault();
      setPalette((state) => (state === "open" ? "closed" : "open"));
    }
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);

  const sidebar = (
    <Sidebar
      path={path}
      email={user.email}
      theme={theme}
      onSearch={() => setPalette("open")}
      onLeave={() => setMenuOpen(false)}
    />
  );
  return (
    <div className="flex min-h-dvh max-lg:flex-col">
      <a
        href="#main"
        className="sr-only z-50 rounded-md bg-ink px-3 py-2 text-inverse focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
      >
        Skip to the page
      </a>
      {organization && touring ? <Tour /> : null}
      <aside className="sticky top-0 h-dvh w-[224px] shrink-0 border-line border-r max-lg:hidden">{sidebar}</aside>
      <header className="sticky top-0 z-20 flex h-12 items-center justify-between border-line border-b bg-canvas px-2 lg:hidden">
        <IconButton label="Open the menu" onClick={() => setMenuOpen(true)}>
          <MenuIcon />
        </IconButton>
        <Brand />
        <IconButton label="Search and commands" onClick={() => setPalette("open")}>
          <Search />
        </IconButton>
      </header>
      <Dialog open={menuOpen} onClose={() => setMenuOpen(false)} title="Menu" shape="sheet">
        {sidebar}
      </Dialog>
      <main id="main" tabIndex={-1} className="min-w-0 grow outline-none">
        {organization || path === "/settings" ? children : <NoOrganization email={user.email} />}
      </main>
      <SignInAgain email={user.email} />
      {palette === "never" ? null : <CommandPalette open={palette === "open"} onClose={() => setPalette("closed")} />}
    </div>
  );
}

function Brand() {
  return (
    <Link
      href="/"
      className="flex items-center gap-2 rounded-sm px-1 font-medium text-md tracking-[-0.01em] focus-ring"
    >
      <Logo className="size-5 text-accent" />
      Tugboat
    </Link>
  );
}

interface SidebarProps {
  readonly path: string;
  readonly email: string;
  readonly theme: Theme;
  readonly onSearch: () => void;
  /** Something was chosen that happens on the page. */
  readonly onLeave: () => void;
}

function Sidebar({ path, email, theme, onSearch, onLeave }: SidebarProps) {
  const mod = useModKey();
  const { may, organization } = useSession();
  return (
    <div className="flex h-full flex-col gap-3 p-3">
      <div className="grid gap-1">
        <div className="flex h-8 items-center px-1">
          <Brand />
        </div>
        <OrganizationMenu />
      </div>
      <button
        type="button"
        onClick={onSearch}
        className="control-h flex items-center gap-2 rounded-md border border-line bg-surface px-2.5 text-ink-3 shadow-card transition-colors focus-ring hover:border-line-strong hover:text-ink-2"
      >
        <Search aria-hidden className="size-3.5" />
        <span className="grow text-left">Search</span>
        <span className="pointer-coarse:hidden">
          <Kbd>{mod === "⌘" ? "⌘K" : "Ctrl K"}</Kbd>
        </span>
      </button>
      <nav aria-label="Pages" className="grid gap-0.5">
        {destinations
          .filter(({ needs, href }) => (organization || href === "/settings" || href === "/") && (!needs || may(needs)))
          .map((destination) => {
            const current = isCurrent(destination, path);
            const { href, name, icon: Icon } = destination;
            return (
              <Link
                key={href}
                href={href}
                aria-current={current ? "page" : undefined}
                className={cx(
                  "control-h flex items-center gap-2.5 rounded-md px-2.5 font-medium transition-colors focus-ring",
                  current ? "bg-pressed text-ink" : "text-ink-2 hover:bg-hover hover:text-ink",
                )}
              >
                <Icon aria-hidden className={cx("size-4", current ? "text-accent" : "text-ink-3")} strokeWidth={1.75} />
                {name}
              </Link>
            );
          })}
      </nav>
      <div className="mt-auto grid gap-3">
        <ActivityTray />
        <ServiceLine />
        <div className="-mx-3 border-line border-t" />
        <div className="flex items-center justify-between gap-2">
          <ThemeSwitch initial={theme} />
          <span className="flex">
            <AccountMenu onLeave={onLeave} />
            <Tooltip text={`Sign out ${email}`}>
              <IconButton label="Sign out" size="sm" onClick={() => void signOut()}>
                <LogOut />
              </IconButton>
            </Tooltip>
          </span>
        </div>
      </div>
    </div>
  );
}
