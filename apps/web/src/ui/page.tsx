import type { ReactNode } from "react";

export interface PageProps {
  /** The page's name, small, above its answer. */
  readonly name: string;
  /** The answer to the page's question, as a sentence. */
  readonly answer: ReactNode;
  readonly note?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

/** Answer first, then the evidence, then the next action. */
export function Page({ name, answer, note, actions, children }: PageProps) {
  return (
    <div className="mx-auto grid w-full max-w-[1120px] gap-6 px-4 py-6 sm:px-8 sm:py-8">
      <header className="flex flex-wrap items-end justify-between gap-x-6 gap-y-4">
        <div className="grid min-w-0 gap-1">
          <p className="text-ink-3 text-xs">{name}</p>
          <h1 className="font-medium text-xl tracking-[-0.012em]">{answer}</h1>
          {note ? <p className="text-ink-2">{note}</p> : null}
        </div>
        {actions ? <div className="flex flex-wrap gap-2">{actions}</div> : null}
      </header>
      {children}
    </div>
  );
}
