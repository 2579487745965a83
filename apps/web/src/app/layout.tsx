import { GeistMono } from "geist/font/mono";
import { GeistSans } from "geist/font/sans";
import type { Metadata, Viewport } from "next";
import { cookies } from "next/headers";
import type { ReactNode } from "react";
import { parseTheme, themeCookie } from "../features/shell/theme.ts";
import { Alive } from "../ui/alive.tsx";
import { cx } from "../ui/class-names.ts";
import { Toaster } from "../ui/toast.tsx";
import "./globals.css";

export const metadata: Metadata = {
  title: { default: "Tugboat", template: "%s · Tugboat" },
  description: "Run, measure and ship small open models.",
  robots: { index: false, follow: false },
  referrer: "no-referrer",
};

export const viewport: Viewport = { width: "device-width", initialScale: 1 };

export default async function RootLayout({ children }: { readonly children: ReactNode }) {
  const theme = parseTheme((await cookies()).get(themeCookie)?.value);
  return (
    <html
      lang="en"
      data-theme={theme === "system" ? undefined : theme}
      className={cx(GeistSans.variable, GeistMono.variable)}
      suppressHydrationWarning
    >
      <body>
        {children}
        <Toaster />
        <Alive />
      </body>
    </html>
  );
}
