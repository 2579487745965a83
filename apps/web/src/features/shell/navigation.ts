import type { Permission } from "@tugboat/inference/trpc";
import { Boxes, House, type LucideIcon, MessageSquareText } from "lucide-react";

export interface Destination {
  readonly href: string;
  readonly name: string;
  readonly icon: LucideIcon;
  /** Words that find it in the command palette besides its name. */
  readonly keywords: string;
  /** Shown only to whoever may do this. */
  readonly needs?: Permission;
}

/** Every page that works, in the order of use. A page joins when it does. */
export const destinations: readonly Destination[] = [
  { href: "/", name: "Home", icon: House, keywords: "overview health status live" },
  {
    href: "/playground",
    name: "Playground",
    icon: MessageSquareText,
    keywords: "chat try prompt compare",
    needs: "inference:run",
  },
  { href: "/models", name: "Models", icon: Boxes, keywords: "catalog weights gguf", needs: "models:read" },
];

export function isCurrent(destination: Destination, path: string): boolean {
  return destination.href === "/" ? path === "/" : path === destination.href || path.startsWith(`${destination.href}/`);
}
