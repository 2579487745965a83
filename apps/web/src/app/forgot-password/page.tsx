import type { Metadata } from "next";
import { ForgotPasswordPage } from "../../features/account/forgot-password-page.tsx";
import { readWays } from "../../server/ways-in.ts";

export const metadata: Metadata = { title: "Forgotten password" };

export default async function Route() {
  return <ForgotPasswordPage mail={(await readWays(AbortSignal.timeout(2500))).mail} />;
}
