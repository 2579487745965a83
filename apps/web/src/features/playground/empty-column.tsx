import { Badge } from "../../ui/badge.tsx";
import { Notice } from "../../ui/notice.tsx";
import type { ModelCard } from "../service/types.ts";
import { type Sample, samples } from "./samples.ts";

export interface EmptyColumnProps {
  readonly model: ModelCard | undefined;
  /** Whether it is the first: only that one teaches, the others wait. */
  readonly teaches: boolean;
  readonly onSample: (sample: Sample) => void;
}

export function EmptyColumn({ model, teaches, onSample }: EmptyColumnProps) {
  return (
    <div className="@container min-h-0 min-w-0 grow overflow-y-auto px-4 sm:px-6">
      <div className="mx-auto grid min-h-full max-w-[720px] content-end gap-5 py-6">
        <div className="grid gap-1">
          <h2 className="break-words font-medium text-xl tracking-[-0.012em]">
            {model ? `What does ${model.id} answer?` : "Ask a model"}
          </h2>
          <p className="text-ink-2">
            {teaches
              ? "Small models do one clear thing at a time best: sort, extract, answer in a word. Start from one of these, or write your own."
              : "It answers the same message as the others, with its own parameters."}
          </p>
        </div>
        {model?.hasChatTemplate === false ? (
          <Notice tone="neutral" hint="It goes on from your words as a text would, and follows no instructions.">
            {model.id} has no chat form.
          </Notice>
        ) : null}
        {teaches ? (
          <ul className="grid gap-px overflow-hidden rounded-lg border border-line bg-line @min-[480px]:grid-cols-2">
            {samples.map((sample) => (
              <li key={sample.name} className="grid">
                <button
                  type="button"
                  onClick={() => onSample(sample)}
                  className="grid content-start gap-1 bg-surface p-4 text-left transition-colors hover:bg-canvas focus-visible:outline-offset-[-2px]"
                >
                  <span className="font-medium">{sample.name}</span>
                  <span className="line-clamp-2 whitespace-pre-line text-ink-3 text-xs">
                    {sample.text.replaceAll(/\n+/g, "\n")}
                  </span>
                </button>
              </li>
            ))}
          </ul>
        ) : null}
        {model?.contextLength ? (
          <p className="flex items-center gap-2 text-ink-3 text-xs">
            <Badge>{model.contextLength} tokens</Badge> fit into one conversation, answers included.
          </p>
        ) : null}
      </div>
    </div>
  );
}
