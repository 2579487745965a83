import type { Metadata } from "next";
import { headers } from "next/headers";
import { InvitationPage } from "../../features/account/invitation-page.tsx";
import { readInvitation } from "../../server/invitation.ts";
import { readSession } from "../../server/session.ts";

export const metadata: Metadata = { title: "Invitation" };

interface RouteProps {
  readonly searchParams: Promise<Readonly<Record<string, string | string[] | undefined>>>;
}

export default async function Route({ searchParams }: RouteProps) {
  const [{ token }, browser] = await Promise.all([searchParams, headers()]);
  const given = typeof token === "string" ? token : "";
  const patience = AbortSignal.timeout(5000);
  const [answer, session] = await Promise.all([
    readInvitation(given, browser, patience),
    readSession(browser, patience).catch(() => undefined),
  ]);
  return <InvitationPage token={given} answer={answer} signedInAs={session?.user.email} />;
}
