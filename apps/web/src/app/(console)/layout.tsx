import { cookies, headers } from "next/headers";
import { redirect } from "next/navigation";
import type { ReactNode } from "react";
import { UploadToModel } from "../../features/models/use-upload.ts";
import { Providers } from "../../features/service/providers.tsx";
import { ServiceDown } from "../../features/service/service-down.tsx";
import { Shell } from "../../features/shell/shell.tsx";
import { parseTheme, themeCookie } from "../../features/shell/theme.ts";
import { ApiError } from "../../server/api.ts";
import { readOverview } from "../../server/overview.ts";
import { pathHeader, readSession, type Session, signInPath } from "../../server/session.ts";

export default async function ConsoleLayout({ children }: { readonly children: ReactNode }) {
  const [browser, jar] = await Promise.all([headers(), cookies()]);
  const overview = readOverview(browser, AbortSignal.timeout(1500)).catch(() => undefined);
  let session: Session | undefined;
  try {
    session = await readSession(browser, AbortSignal.timeout(5000));
  } catch (cause) {
    return <ServiceDown problem={describe(cause)} />;
  }
  if (!session) redirect(signInPath(browser.get(pathHeader) ?? "/"));
  return (
    <Providers session={session} overview={await overview}>
      <UploadToModel />
      <Shell theme={parseTheme(jar.get(themeCookie)?.value)}>{children}</Shell>
    </Providers>
  );
}

function describe(cause: unknown) {
  if (cause instanceof ApiError) return { code: cause.code, message: cause.message, hint: cause.hint };
  return {
    code: "service-unclear",
    message: "The inference service does not say who is signed in.",
    hint: "It may still be starting. If this stays, look into its log.",
  };
}
