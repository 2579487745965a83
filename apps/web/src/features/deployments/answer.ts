import { plural } from "../../ui/format.ts";
import type { Alias, Deployment } from "./types.ts";

/** The page's first line: what serves what, and whether something is wrong. */
export function deploymentsAnswer(aliases: readonly Alias[], deployments: readonly Deployment[]): string {
  const broken = aliases.filter(({ current: { failover, split } }) => {
    const isDown = (health: string) => health === "down" || health === "off";
    return split.some(({ target }) => isDown(target.health)) && failover.every(({ health }) => isDown(health));
  });
  const [first] = broken;
  if (first && broken.length === 1) return `${first.name} points to something that is down.`;
  if (first) return `${plural(broken.length, "alias", "aliases")} point to something that is down.`;
  const loaded = deployments.filter(({ state }) => state === "ready");
  const [model] = loaded;
  const models =
    loaded.length === 1 && model ? `${model.model} is loaded` : `${plural(loaded.length, "model")} are loaded`;
  if (aliases.length === 0) return `${models}; no alias points to anything yet.`;
  const lead =
    aliases.length === 1
      ? "1 alias leads where it should"
      : `${plural(aliases.length, "alias", "aliases")} lead where they should`;
  return `${lead}; ${models}.`;
}
