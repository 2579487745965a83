import type { inferRouterOutputs } from "@trpc/server";
import type { AppRouter } from "@tugboat/inference/trpc";
import { ArrowRight } from "lucide-react";
import Link from "next/link";
import { cx } from "../../ui/class-names.ts";
import { CopyButton } from "../../ui/copy-button.tsx";
import { actInWords, actorInWords, subjectInWords } from "./acts.ts";
import { changesBetween, type FieldChange, fieldName } from "./diff.ts";
import { type AuditFilters, writeFilters } from "./filters.ts";
import { fullMoment, momentOf } from "./moment.ts";

export type AuditRecord = inferRouterOutputs<AppRouter>["audit"]["list"]["records"][number];

export interface AuditRecordViewProps {
  readonly record: AuditRecord;
  /** What the log is narrowed to now; names in the record narrow it further. */
  readonly filters: AuditFilters;
}

const link = "rounded-xs underline-offset-2 focus-ring hover:underline";

export function AuditRecordView({ record, filters }: AuditRecordViewProps) {
  const { at, actor, action, subject, address, before, after } = record;
  const changes = changesBetween(before, after);
  const about = subjectInWords(changes, before, after);
  const to = (more: AuditFilters) => `/settings/audit${writeFilters({ ...filters, ...more })}`;
  return (
    <li className="grid grid-cols-[minmax(0,1fr)] gap-x-6 gap-y-1 border-line border-b px-4 py-3 last:border-b-0 md:grid-cols-[132px_minmax(0,1fr)_minmax(0,1.2fr)]">
      <div className="flex flex-wrap content-start gap-x-3 text-ink-3 text-xs leading-5 md:grid">
        <time dateTime={at} title={fullMoment(at)} className="text-ink-2">
          {momentOf(at)}
        </time>
        <span>{address ? `from ${address}` : "from this machine"}</span>
      </div>
      <div className="min-w-0">
        <p className="break-words">
          <Link href={to({ actor })} className={cx(link, "font-medium")} title="Only what they did">
            {actorInWords(record)}
          </Link>
        </p>
        <p className="flex items-start gap-1 text-ink-2">
          <span className="min-w-0 wrap-anywhere">
            {actInWords(action)}
            {about ? (
              <>
                {": "}
                <Link href={to({ subject })} className={link} title="Only what happened to it">
                  {about}
                </Link>
              </>
            ) : null}
          </span>
          <span className="-my-1">
            <CopyButton text={subject} what="subject's id" />
          </span>
        </p>
      </div>
      <ChangeList changes={changes} />
    </li>
  );
}

function ChangeList({ changes }: { readonly changes: readonly FieldChange[] }) {
  if (changes.length === 0) return null;
  return (
    <dl className="grid grid-cols-[minmax(0,1fr)] content-start gap-x-3 gap-y-0.5 sm:grid-cols-[max-content_minmax(0,1fr)]">
      {changes.map((change) => (
        <div key={change.field} className="flex flex-wrap gap-x-3 sm:contents">
          <dt className="text-ink-3">{fieldName(change.field)}</dt>
          <dd className="flex min-w-0 flex-wrap items-center gap-x-2">
            <Values change={change} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** What was, struck through, and what is. Without a past it only came; without a present it is gone. */
function Values({ change: { before, after } }: { readonly change: FieldChange }) {
  return (
    <>
      {before === undefined ? null : (
        <del className="min-w-0 wrap-anywhere text-ink-3">
          <span className="sr-only">was </span>
          {before}
        </del>
      )}
      {before !== undefined && after !== undefined ? <ArrowRight aria-hidden className="size-3 text-ink-3" /> : null}
      {after === undefined ? null : (
        <ins className="min-w-0 wrap-anywhere no-underline">
          <span className="sr-only">is </span>
          {after}
        </ins>
      )}
    </>
  );
}
