import { Badge } from "../../ui/badge.tsx";

export function ScoreBadge({ failed, score }: { readonly failed: boolean; readonly score: number | null }) {
  if (failed) return <Badge tone="bad">failed</Badge>;
  if (score === null) return <Badge>not judged</Badge>;
  if (score === 1) return <Badge tone="good">right</Badge>;
  return score === 0 ? <Badge tone="bad">wrong</Badge> : <Badge tone="warn">{Math.round(100 * score)} %</Badge>;
}
