import type { Context } from "./context.ts";
import { userIds } from "./trpc.ts";

/** The names of those who did things, as the audit log names them. */
export async function namesOf(
  { management }: Pick<Context, "management">,
  actors: readonly string[],
): Promise<(actor: string) => string> {
  const names = await management.database.people.names(userIds(actors));
  return (actor) => names.get(actor) ?? (actor.startsWith("key:") ? "an API key" : actor);
}
