"use client";

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { ScrollText } from "lucide-react";
import { Button, ButtonLink } from "../../ui/button.tsx";
import { cx } from "../../ui/class-names.ts";
import { EmptyState } from "../../ui/empty-state.tsx";
import { fromNow } from "../../ui/format.ts";
import { Notice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { Panel } from "../../ui/panel.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { useSession } from "../service/session.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import { useAddressQuery } from "../service/use-address-query.ts";
import { SettingsNav } from "../settings/settings-nav.tsx";
import { actInWords, actorInWords } from "./acts.ts";
import { AuditFilterForm } from "./audit-filters.tsx";
import { type AuditRecord, AuditRecordView } from "./audit-record.tsx";
import { ExportMenu } from "./export-menu.tsx";
import { type AuditFilters, daysProblem, readFilters, toQuery, writeFilters } from "./filters.ts";

const perPage = 50;
const path = "/settings/audit";

export function AuditPage() {
  const session = useSession();
  const may = session.may("audit:read");
  const [query, choose] = useAddressQuery(path);
  const params = new URLSearchParams(query);
  const filters = readFilters(params);
  const cursor = params.get("cursor") ?? undefined;
  const wrongDays = daysProblem(filters);
  const trpc = useTRPC();
  const { data, error, isPlaceholderData } = useQuery(
    trpc.audit.list.queryOptions(
      { ...toQuery(filters), cursor, limit: perPage },
      { enabled: may && !wrongDays, placeholderData: keepPreviousData },
    ),
  );
  const narrowed = writeFilters(filters) !== "";
  const change = (next: AuditFilters) => choose(writeFilters(next).slice(1));
  return (
    <Page
      name="Settings"
      answer={answer(data?.records[0], narrowed, cursor !== undefined)}
      note="Every change in this organization, the newest first. Nothing here can be edited or deleted."
      actions={may ? <ExportMenu filters={filters} /> : null}
    >
      <SettingsNav />
      {may ? null : (
        <Notice tone="warn" hint="Owners and admins read it; ask one of them.">
          Your role may not read the audit log.
        </Notice>
      )}
      {error ? (
        <Notice tone="bad" hint={problemOf(error).hint}>
          {problemOf(error).message}
        </Notice>
      ) : null}
      {may ? (
        <Panel padded={false}>
          <AuditFilterForm filters={filters} problem={wrongDays} onChange={change} />
          {data === undefined && !error && !wrongDays ? (
            <div className="grid gap-3 p-4">
              <Skeleton className="h-10" />
              <Skeleton className="h-10" />
              <Skeleton className="h-10" />
            </div>
          ) : null}
          {data?.records.length === 0 ? (
            <EmptyState
              icon={ScrollText}
              title={narrowed ? "Nothing matches these filters" : "Nothing was changed yet"}
              action={narrowed ? <Button onClick={() => change({})}>Clear the filters</Button> : undefined}
            >
              {narrowed
                ? "Widen the days, or leave one filter out."
                : "The first invitation, key or rename appears here."}
            </EmptyState>
          ) : null}
          <ol aria-label="Changes" aria-busy={isPlaceholderData} className={cx(isPlaceholderData && "opacity-60")}>
            {data?.records.map((record) => (
              <AuditRecordView key={record.id} record={record} filters={filters} />
            ))}
          </ol>
          {cursor || data?.nextCursor ? (
            <nav aria-label="Pages of the log" className="flex justify-between gap-2 border-line border-t px-3 py-2">
              {cursor ? (
                <ButtonLink href={path + writeFilters(filters)} kind="quiet" size="sm">
                  Newest
                </ButtonLink>
              ) : (
                <span />
              )}
              {data?.nextCursor ? (
                <ButtonLink href={path + writeFilters(filters, data.nextCursor)} size="sm">
                  Older
                </ButtonLink>
              ) : null}
            </nav>
          ) : null}
        </Panel>
      ) : null}
    </Page>
  );
}

/** The newest change, where the page shows it; otherwise what the page is for. */
function answer(newest: AuditRecord | undefined, narrowed: boolean, older: boolean): string {
  if (newest === undefined || narrowed || older) return "Who changed what, when, and from where?";
  const { action, at } = newest;
  return `${actorInWords(newest)} ${lowered(actInWords(action))} ${fromNow(Date.parse(at), Date.now())}.`;
}

function lowered(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
