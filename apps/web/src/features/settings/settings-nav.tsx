"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";
import { cx } from "../../ui/class-names.ts";
import { useSession } from "../service/session.tsx";

/** The parts of the settings that the role may see. Nothing when there is only one. */
export function SettingsNav() {
  const { may } = useSession();
  const path = usePathname();
  const isHere = (href: string) => path === href || (href !== "/settings" && path.startsWith(`${href}/`));
  const parts = [
    { href: "/settings", name: "General", isVisible: true },
    { href: "/settings/upstreams", name: "Upstreams", isVisible: may("upstreams:read") },
    { href: "/settings/billing", name: "Billing", isVisible: may("billing:read") },
    { href: "/settings/webhooks", name: "Webhooks", isVisible: may("webhooks:read") },
    { href: "/settings/audit", name: "Audit log", isVisible: may("audit:read") },
  ].filter(({ isVisible }) => isVisible);
  if (parts.length === 1) return null;
  return (
    <nav aria-label="Settings" className="flex flex-wrap gap-x-1 border-line border-b">
      {parts.map(({ href, name }) => (
        <Link
          key={href}
          href={href}
          aria-current={isHere(href) ? "page" : undefined}
          className={cx(
            "-mb-px flex h-9 items-center border-b-2 px-2.5 font-medium transition-colors focus-ring pointer-coarse:h-11",
            isHere(href) ? "border-ink text-ink" : "border-transparent text-ink-3 hover:text-ink",
          )}
        >
          {name}
        </Link>
      ))}
    </nav>
  );
}
