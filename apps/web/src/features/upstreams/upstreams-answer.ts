import { plural } from "../../ui/format.ts";
import type { Upstream } from "./types.ts";

/** The page's first line: how many other servers answer, and which does not. */
export function upstreamsAnswer(upstreams: readonly Upstream[]): string {
  const used = upstreams.filter(({ enabled }) => enabled);
  const ill = used.filter(
    ({ health, problem, testOk }) => health.phase === "open" || problem !== null || testOk === false,
  );
  const [first] = ill;
  if (first && ill.length === 1) return `${first.name} does not answer.`;
  if (first) return `${plural(ill.length, "upstream does", "upstreams do")} not answer.`;
  if (upstreams.length === 0) return "Everything is answered on this machine.";
  return `${plural(used.length, "upstream is", "upstreams are")} in use.`;
}
