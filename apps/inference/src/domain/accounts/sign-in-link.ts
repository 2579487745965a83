import { createHash } from "node:crypto";
import { readFile, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { Database } from "@tugboat/db";
import type { BetterAuthPlugin } from "better-auth";
import { APIError, createAuthEndpoint } from "better-auth/api";
import { setSessionCookie } from "better-auth/cookies";
import { z } from "zod";

const link = z.object({ expiresAt: z.iso.datetime({ offset: true }), email: z.string().min(1).optional() });

/** `POST /sign-in/link`: trades the launcher's one-time link for a session. */
export function signInLinks(home: string, database: Database) {
  return {
    id: "tugboat-sign-in-link",
    endpoints: {
      signInByLink: createAuthEndpoint(
        "/sign-in/link",
        { method: "POST", body: z.object({ token: z.string().min(1).max(200) }) },
        async (ctx) => {
          const email = await spend(home, ctx.body.token);
          const adapter = ctx.context.internalAdapter;
          const user =
            email === undefined
              ? await adapter.findUserById((await firstOwner(database)) ?? "")
              : (await adapter.findUserByEmail(email.toLowerCase()))?.user;
          if (!user) throw unknownLink();
          const session = await adapter.createSession(user.id);
          await setSessionCookie(ctx, { session, user });
          return ctx.json({ user: { id: user.id, email: user.email, name: user.name } });
        },
      ),
    },
  } satisfies BetterAuthPlugin;
}

/**
 * Uses up a link. The launcher leaves `sign-in/<sha256 of the token>.json` in the data directory; whoever unlinks that
 * file has used the link, so two requests with one token can't both succeed, in any number of processes.
 * @returns whose it is; undefined for the first owner's
 */
async function spend(home: string, token: string): Promise<string | undefined> {
  const path = join(home, "sign-in", `${createHash("sha256").update(token).digest("hex")}.json`);
  let found: z.output<typeof link>;
  try {
    found = link.parse(JSON.parse(await readFile(path, "utf8")));
    await unlink(path);
  } catch {
    throw unknownLink();
  }
  if (Date.parse(found.expiresAt) > Date.now()) return found.email;
  throw new APIError("BAD_REQUEST", { code: "LINK_EXPIRED", message: "This sign-in link has expired." });
}

async function firstOwner(database: Database): Promise<string | undefined> {
  const members = await database.organization(database.home.organizationId).members.list();
  const owners = members.filter(({ role }) => role === "owner");
  return owners.sort((a, b) => a.joinedAt.getTime() - b.joinedAt.getTime())[0]?.userId;
}

function unknownLink(): APIError {
  return new APIError("BAD_REQUEST", {
    code: "LINK_UNKNOWN",
    message: "This sign-in link is not valid, or was used already.",
  });
}
