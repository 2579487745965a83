import type { Metadata } from "next";
import { ResetPasswordPage } from "../../features/account/reset-password-page.tsx";

export const metadata: Metadata = { title: "New password" };

interface RouteProps {
  readonly searchParams: Promise<Readonly<Record<string, string | string[] | undefined>>>;
}

export default async function Route({ searchParams }: RouteProps) {
  const { token } = await searchParams;
  return <ResetPasswordPage token={typeof token === "string" && token !== "" ? token : undefined} />;
}
