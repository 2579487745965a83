import type { Metadata } from "next";
import { cookies } from "next/headers";
import { redirect } from "next/navigation";
import { EnterAfterLink } from "../../features/sign-in/enter-after-link.tsx";
import { SignInPage } from "../../features/sign-in/sign-in-page.tsx";
import { readSession, sessionCookie } from "../../server/session.ts";

export const metadata: Metadata = { title: "Sign in" };

interface RouteProps {
  readonly searchParams: Promise<Readonly<Record<string, string | string[] | undefined>>>;
}

export default async function Route({ searchParams }: RouteProps) {
  const query = await searchParams;
  if (await readSession((await cookies()).get(sessionCookie)?.value)) redirect("/");
  if (query.entered) return <EnterAfterLink />;
  return <SignInPage problem={one(query.problem)} next={one(query.next)} />;
}

function one(value: string | string[] | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}
