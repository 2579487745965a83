import type { ReactNode } from "react";
import { Logo } from "../../ui/logo.tsx";

export interface DoorProps {
  readonly title: string;
  readonly note: ReactNode;
  readonly children: ReactNode;
}

/** A page in front of the console: one subject, one form. */
export function Door({ title, note, children }: DoorProps) {
  return (
    <main className="grid min-h-dvh place-items-center px-4 py-12">
      <div className="grid w-full max-w-[340px] gap-6">
        <div className="grid gap-4">
          <Logo className="size-8 text-accent" />
          <div className="grid gap-1">
            <h1 className="break-words font-medium text-xl tracking-[-0.012em]">{title}</h1>
            <p className="break-words text-ink-2">{note}</p>
          </div>
        </div>
        {children}
      </div>
    </main>
  );
}
