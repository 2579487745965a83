import type { Metadata } from "next";
import { headers } from "next/headers";
import { redirect } from "next/navigation";
import { EnterAfterLink } from "../../features/sign-in/enter-after-link.tsx";
import { localPath, SignInPage } from "../../features/sign-in/sign-in-page.tsx";
import { readSession } from "../../server/session.ts";
import { readWays } from "../../server/ways-in.ts";

export const metadata: Metadata = { title: "Sign in" };

interface RouteProps {
  readonly searchParams: Promise<Readonly<Record<string, string | string[] | undefined>>>;
}

export default async function Route({ searchParams }: RouteProps) {
  const query = await searchParams;
  const session = await readSession(await headers(), AbortSignal.timeout(1500)).catch(() => undefined);
  if (session) redirect("/");
  if (query.entered) return <EnterAfterLink next={localPath(one(query.next))} />;
  const ways = await readWays(AbortSignal.timeout(2500));
  return <SignInPage problem={one(query.problem)} next={one(query.next)} error={one(query.error)} ways={ways} />;
}

function one(value: string | string[] | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}
