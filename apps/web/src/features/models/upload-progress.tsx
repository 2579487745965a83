import { Pause, Play, X } from "lucide-react";
import { IconButton } from "../../ui/button.tsx";
import { bytes, duration, written } from "../../ui/format.ts";
import { Notice } from "../../ui/notice.tsx";
import { timeLeft } from "./transfer-rate.ts";
import { pauseUpload, resumeUpload, type UploadState } from "./upload-file.ts";

export interface UploadProgressProps {
  readonly upload: UploadState;
  readonly onDiscard: () => void;
}

/** How far a file is, with what can be done about it. */
export function UploadProgress({ upload, onDiscard }: UploadProgressProps) {
  const { fileName, phase, problem, sent, size } = upload;
  const percent = size === 0 ? 0 : Math.floor((100 * sent) / size);
  return (
    <div className="grid gap-2">
      <div className="flex items-center gap-2">
        <span className="min-w-0 grow truncate font-medium">{fileName}</span>
        {phase === "sending" ? (
          <IconButton label="Pause the upload" size="sm" onClick={() => void pauseUpload()}>
            <Pause />
          </IconButton>
        ) : null}
        {phase === "paused" || (phase === "failed" && problem?.code === "interrupted") ? (
          <IconButton label="Go on with the upload" size="sm" onClick={resumeUpload}>
            <Play />
          </IconButton>
        ) : null}
        {["here", "adding", "added"].includes(phase) ? null : (
          <IconButton label="Discard the upload" size="sm" onClick={onDiscard}>
            <X />
          </IconButton>
        )}
      </div>
      <div
        role="progressbar"
        aria-label={`Upload of ${fileName}`}
        aria-valuenow={percent}
        aria-valuemin={0}
        aria-valuemax={100}
        className="h-1.5 overflow-hidden rounded-full bg-hover"
      >
        <div className="h-full rounded-full bg-accent transition-[width]" style={{ width: `${percent}%` }} />
      </div>
      <p className="text-ink-3 text-xs tabular-nums" aria-live="polite">
        {stateOf(upload, percent)}
      </p>
      {problem ? (
        <Notice tone="bad" hint={problem.hint}>
          {problem.message}
        </Notice>
      ) : null}
    </div>
  );
}

function stateOf({ phase, rate, sent, size }: UploadState, percent: number): string {
  const done = `${written(bytes(sent))} of ${written(bytes(size))}, ${percent} %`;
  if (phase === "paused") return `Paused at ${done}`;
  if (phase === "failed") return `Stopped at ${done}`;
  if (phase === "refused") return `All ${written(bytes(size))} came`;
  if (phase !== "sending") return `All ${written(bytes(size))} are here. Reading and digesting them`;
  const left = timeLeft(size - sent, rate);
  if (rate === undefined || left === undefined) return done;
  return `${done}, ${written(bytes(rate))}/s, ${written(duration(left))} left`;
}
