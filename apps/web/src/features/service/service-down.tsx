"use client";

import { useRouter } from "next/navigation";
import { useEffect } from "react";
import { Logo } from "../../ui/logo.tsx";
import { Notice } from "../../ui/notice.tsx";
import type { ServiceProblem } from "./types.ts";

/** In place of every page while the service can't say who is signed in. It looks again by itself. */
export function ServiceDown({ problem }: { readonly problem: ServiceProblem }) {
  const router = useRouter();
  useEffect(() => {
    const timer = setInterval(() => router.refresh(), 3000);
    return () => clearInterval(timer);
  }, [router]);
  return (
    <main className="grid min-h-dvh place-items-center px-4 py-12">
      <div className="grid w-full max-w-[420px] gap-4">
        <Logo className="size-8 text-accent" />
        <h1 className="font-medium text-xl tracking-[-0.012em]">Tugboat's service does not answer</h1>
        <Notice tone="bad" hint={problem.hint}>
          {problem.message}
        </Notice>
        <p className="text-ink-2">This page looks again every three seconds.</p>
      </div>
    </main>
  );
}
