import { Columns2, FileText, Link2, SquarePen } from "lucide-react";
import { Button, IconButton } from "../../ui/button.tsx";
import { Tooltip } from "../../ui/tooltip.tsx";
import { mostColumns } from "./types.ts";

export interface PageHeaderProps {
  readonly columns: number;
  readonly started: boolean;
  readonly sharing: boolean;
  readonly onAdd: () => void;
  readonly onShare: () => void;
  readonly onNew: () => void;
  /** Absent for who may keep no prompt. */
  readonly onPrompt?: (() => void) | undefined;
}

export function PageHeader({ columns, started, sharing, onAdd, onPrompt, onShare, onNew }: PageHeaderProps) {
  return (
    <header className="flex h-12 shrink-0 items-center justify-between gap-2 border-line border-b pr-3 pl-4 sm:pl-6">
      <h1 className="truncate font-medium">Playground</h1>
      <div className="flex items-center gap-1">
        <Tooltip text="Copy a link to this">
          <IconButton label="Copy a link to this" onClick={onShare} disabled={sharing}>
            <Link2 />
          </IconButton>
        </Tooltip>
        {onPrompt ? (
          <Tooltip text="Save as prompt">
            <IconButton label="Save as prompt" onClick={onPrompt}>
              <FileText />
            </IconButton>
          </Tooltip>
        ) : null}
        <Button size="sm" onClick={onAdd} disabled={columns >= mostColumns}>
          <Columns2 /> Add a column
        </Button>
        <Button size="sm" onClick={onNew} disabled={!started}>
          <SquarePen /> New
        </Button>
      </div>
    </header>
  );
}
