import { plural } from "../../ui/format.ts";
import { percent } from "./replicas.tsx";
import type { Deployment } from "./types.ts";

/** Asked this often, a key is worth being shown. */
const hotShare = 0.1;
const names: Readonly<Record<string, string>> = {
  user: "user",
  session: "session",
  "cache key": "cache key",
  prefix: "prefix",
};

/** Who, or which beginning of prompts, brings much of a model's requests just now. */
export function HotKeys({ deployment }: { readonly deployment: Deployment }) {
  const { hotKeys, model, replicas } = deployment;
  const hot = hotKeys.filter(({ share }) => share >= hotShare);
  if (hot.length === 0) return null;
  return (
    <div className="mt-1">
      <p className="text-ink-2">Asked most now</p>
      <ul aria-label={`Hot keys of ${model}`} className="grid gap-0.5">
        {hot.map(({ kind, label, places, requestsPerSecond, share }) => (
          <li key={`${kind} ${label}`} className="flex flex-wrap gap-x-2 tabular-nums">
            <span className="min-w-0 break-all">
              {names[kind] ?? kind} <span className="font-mono">{label}</span>
            </span>
            <span className="text-ink-3">
              {percent(share)}, {requestsPerSecond.toFixed(1)} a second
              {replicas.length > 1 ? `, in ${plural(places, "replica")}` : ""}
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}
