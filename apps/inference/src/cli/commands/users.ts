import { Command } from "commander";
import { contextOf, homeScope, withDatabase } from "../context.ts";
import { CliError, printJson, table } from "../output.ts";

export function usersCommand(): Command {
  const users = new Command("users").description("who may sign in to the console");

  users
    .command("list")
    .description("the members of the first organization")
    .action(async (_options: object, command: Command) => {
      const context = contextOf(command);
      const members = await withDatabase(context, (database) => homeScope(database).members.list());
      if (context.json) return printJson({ users: members });
      const rows = members.map(({ email, joinedAt, name, role }) => [
        email,
        name,
        role,
        joinedAt.toISOString().slice(0, 10),
      ]);
      process.stdout.write(table(["email", "name", "role", "since"], rows));
    });

  users
    .command("reset-password")
    .description("print a link on which somebody sets a new password; it works once, for a day")
    .argument("<email>", "the address they sign in with")
    .action(async (email: string, _options: object, command: Command) => {
      const context = contextOf(command);
      const { env } = context;
      const { createAuth } = await import("../../domain/accounts/auth.ts");
      const { resetLink } = await import("../../domain/accounts/reset-link.ts");
      const { accountSecret } = await import("../../domain/accounts/secret.ts");
      const { readFirstRun } = await import("../../domain/first-run.ts");
      const home = env.TUGBOAT_HOME;
      // The running installation knows its ports better than this shell's environment does.
      const consoleUrl =
        env.TUGBOAT_CONSOLE_URL ?? (await readFirstRun(home))?.consoleUrl ?? `http://127.0.0.1:${env.TUGBOAT_WEB_PORT}`;
      const link = await withDatabase(context, async (database) => {
        const auth = createAuth({ database, home, secret: await accountSecret(home), consoleUrl });
        const made = await resetLink(auth, consoleUrl, email);
        if (made !== undefined) {
          const action = { actor: "system", action: "users.reset-password", subject: email.toLowerCase() };
          await homeScope(database).audit.append(action);
        }
        return made;
      });
      if (link === undefined) {
        throw new CliError("not-found", `Nobody signs in as ${email}.`, "`tug users list` shows who does.");
      }
      if (context.json) return printJson({ email, link });
      process.stdout.write(`${link}\n`);
    });
  return users;
}
