import type { ReactNode } from "react";
import { Button } from "../../ui/button.tsx";
import { Panel } from "../../ui/panel.tsx";
import { RunWishes, type RunWishesProps } from "./run-wishes.tsx";

export interface BeginPanelProps extends RunWishesProps {
  /** What the button says. */
  readonly action: string;
  readonly disabled: boolean;
  onBegin(): void;
  /** What else there is to choose, as fields. */
  readonly children?: ReactNode;
}

/** The last step to a run, wherever it trains: what may be wished, and the button. */
export function BeginPanel({ action, children, disabled, onBegin, ...wishes }: BeginPanelProps) {
  return (
    <Panel title="Begin">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!disabled) onBegin();
        }}
        className="grid gap-4 sm:grid-cols-3"
      >
        <RunWishes {...wishes} />
        {children}
        <div className="sm:col-span-3">
          <Button kind="primary" type="submit" disabled={disabled}>
            {action}
          </Button>
        </div>
      </form>
    </Panel>
  );
}
