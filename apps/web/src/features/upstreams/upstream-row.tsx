"use client";

import { FlaskConical, Pencil, Trash2 } from "lucide-react";
import { Badge, Status, type Tone } from "../../ui/badge.tsx";
import { Button, IconButton } from "../../ui/button.tsx";
import { fromNow, plural } from "../../ui/format.ts";
import { Switch } from "../../ui/switch.tsx";
import type { Upstream } from "./types.ts";

export interface UpstreamRowProps {
  readonly upstream: Upstream;
  /** Undefined when the reader may only look. */
  readonly acts:
    | {
        readonly testing: boolean;
        readonly onTest: () => void;
        readonly onEdit: () => void;
        readonly onRemove: () => void;
        readonly onEnable: (enabled: boolean) => void;
      }
    | undefined;
}

export function UpstreamRow({ upstream, acts }: UpstreamRowProps) {
  const { baseUrl, enabled, extraModels, hasSecret, health, models, name, problem, testMessage, testOk, testedAt } =
    upstream;
  const { tone, word } = look(upstream);
  const count = new Set([...models, ...extraModels]).size;
  return (
    <li className="grid gap-2 border-line border-b px-4 py-3 last:border-b-0">
      <div className="flex flex-wrap items-start justify-between gap-x-6 gap-y-2">
        <div className="grid min-w-0 gap-0.5">
          <p className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <span className="break-all font-medium font-mono text-sm">{name}</span>
            <span className="text-ink-2 text-xs">
              <Status tone={tone}>{word}</Status>
            </span>
            {hasSecret ? null : <Badge>no secret</Badge>}
          </p>
          <p className="break-all text-ink-3 text-xs">{baseUrl}</p>
        </div>
        {acts ? (
          <div className="flex items-center gap-1">
            <Button size="sm" disabled={acts.testing} onClick={acts.onTest}>
              <FlaskConical /> {acts.testing ? "Testing" : "Test"}
              <span className="sr-only"> {name}</span>
            </Button>
            <IconButton label={`Change ${name}`} title="Change" size="sm" onClick={acts.onEdit}>
              <Pencil />
            </IconButton>
            <IconButton label={`Remove ${name}`} title="Remove" size="sm" onClick={acts.onRemove}>
              <Trash2 />
            </IconButton>
          </div>
        ) : null}
      </div>
      <p className="text-ink-2 text-xs tabular-nums">
        {plural(count, "model")}
        {count > 0
          ? `: ${[...new Set([...models, ...extraModels])].slice(0, 4).join(", ")}${count > 4 ? " …" : ""}`
          : ""}
        {health.answered + health.failed > 0
          ? ` · ${plural(health.answered, "answer")}, ${plural(health.failed, "failure")} since the start`
          : ""}
        {health.inFlight > 0 ? ` · ${health.inFlight} in flight` : ""}
      </p>
      {problem ? <p className="text-bad text-xs">{problem}</p> : null}
      {testMessage && testedAt ? (
        <p className={`break-words text-xs ${testOk ? "text-ink-2" : "text-bad"}`}>
          {testMessage} <span className="text-ink-3">Tested {fromNow(Date.parse(testedAt), Date.now())}.</span>
        </p>
      ) : null}
      {health.lastError ? (
        <p className="break-words text-ink-3 text-xs">
          Last failure, {fromNow(Date.parse(health.lastError.at), Date.now())}: {health.lastError.message}
        </p>
      ) : null}
      {acts ? (
        <div className="max-w-60">
          <Switch label={`Use ${name}`} checked={enabled} onChange={acts.onEnable} />
        </div>
      ) : null}
    </li>
  );
}

function look({ enabled, health, problem, testOk }: Upstream): { tone: Tone; word: string } {
  if (!enabled) return { tone: "neutral", word: "switched off" };
  if (problem) return { tone: "bad", word: "secret unreadable" };
  if (health.phase === "open") return { tone: "bad", word: "down, gets a pause" };
  if (health.phase === "half-open") return { tone: "warn", word: "was down, tried next" };
  if (testOk === false) return { tone: "warn", word: "failed its test" };
  return testOk ? { tone: "good", word: "ready" } : { tone: "neutral", word: "not tested" };
}
