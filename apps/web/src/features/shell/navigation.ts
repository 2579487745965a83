import type { Permission } from "@tugboat/inference/trpc";
import {
  Activity,
  Boxes,
  ChartNoAxesColumn,
  FileText,
  Gavel,
  House,
  KeyRound,
  ListChecks,
  type LucideIcon,
  MessageSquareText,
  Scale,
  Settings,
  Signpost,
  Table2,
  Target,
  Users,
  Waypoints,
  Workflow,
} from "lucide-react";

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
  {
    href: "/tasks",
    name: "Tasks",
    icon: ListChecks,
    keywords: "declare plan explain ship requirements examples planner",
    needs: "tasks:read",
  },
  {
    href: "/flows",
    name: "Flows",
    icon: Workflow,
    keywords: "compound graph steps retrieval documents tools approval rag pipeline",
    needs: "flows:read",
  },
  {
    href: "/datasets",
    name: "Datasets",
    icon: Table2,
    keywords: "examples import csv xlsx jsonl versions diff split labels tags",
    needs: "datasets:read",
  },
  {
    href: "/prompts",
    name: "Prompts",
    icon: FileText,
    keywords: "templates versions labels production variables roll back",
    needs: "prompts:read",
  },
  { href: "/models", name: "Models", icon: Boxes, keywords: "catalog weights gguf", needs: "models:read" },
  {
    href: "/evaluations",
    name: "Evaluations",
    icon: Scale,
    keywords: "compare candidates score better judge evaluator quality",
    needs: "evaluations:read",
  },
  {
    href: "/evaluators",
    name: "Evaluators",
    icon: Gavel,
    keywords: "rubric judge code score calibration",
    needs: "evaluations:read",
  },
  {
    href: "/reviews",
    name: "Reviews",
    icon: ListChecks,
    keywords: "rate label correct blind pairs agreement human",
    needs: "reviews:read",
  },
  {
    href: "/tuning",
    name: "Tuning",
    icon: Target,
    keywords: "fine-tune train examples lora adapter report",
    needs: "tuning:read",
  },
  {
    href: "/deployments",
    name: "Deployments",
    icon: Signpost,
    keywords: "aliases canary roll back load unload memory serve",
    needs: "deployments:read",
  },
  {
    href: "/traces",
    name: "Traces",
    icon: Waypoints,
    keywords: "requests log spans latency slow error feedback opentelemetry",
    needs: "traces:read",
  },
  {
    href: "/keys",
    name: "Keys",
    icon: KeyRound,
    keywords: "api secret token snippets curl python typescript",
    needs: "keys:read",
  },
  {
    href: "/usage",
    name: "Usage and cost",
    icon: ChartNoAxesColumn,
    keywords: "money spend tokens requests latency ttft percentiles price billing",
    needs: "usage:read",
  },
  {
    href: "/members",
    name: "Members",
    icon: Users,
    keywords: "people roles invite permissions team",
    needs: "members:read",
  },
  {
    href: "/activity",
    name: "Activity",
    icon: Activity,
    keywords: "jobs background progress running failed",
    needs: "jobs:read",
  },
  {
    href: "/settings",
    name: "Settings",
    icon: Settings,
    keywords: "billing prices budgets organization projects account password audit log upstreams",
  },
];

export function isCurrent(destination: Destination, path: string): boolean {
  return destination.href === "/" ? path === "/" : path === destination.href || path.startsWith(`${destination.href}/`);
}
