import { cookies } from "next/headers";
import { redirect } from "next/navigation";
import type { ReactNode } from "react";
import { Providers } from "../../features/service/providers.tsx";
import { Shell } from "../../features/shell/shell.tsx";
import { parseTheme, themeCookie } from "../../features/shell/theme.ts";
import { readOverview } from "../../server/overview.ts";
import { readSession, sessionCookie } from "../../server/session.ts";

export default async function ConsoleLayout({ children }: { readonly children: ReactNode }) {
  const jar = await cookies();
  const session = await readSession(jar.get(sessionCookie)?.value);
  if (!session) redirect("/sign-in");
  const overview = await readOverview(AbortSignal.timeout(1500));
  return (
    <Providers overview={overview}>
      <Shell email={session.email} theme={parseTheme(jar.get(themeCookie)?.value)}>
        {children}
      </Shell>
    </Providers>
  );
}
