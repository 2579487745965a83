"use client";

import { BadgeDollarSign, Pencil } from "lucide-react";
import { useState } from "react";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { money } from "../../ui/money.ts";
import { Panel } from "../../ui/panel.tsx";
import { ScrollRegion } from "../../ui/scroll-region.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { PricesDialog } from "./prices-dialog.tsx";
import type { Price, Prices, PriceVersion } from "./types.ts";

export interface PricesPanelProps {
  /** Undefined while they are being asked for. */
  readonly prices: Prices | undefined;
  readonly mayWrite: boolean;
}

/** The version in force, and those before and after it. */
export function PricesPanel({ prices, mayWrite }: PricesPanelProps) {
  const [editing, setEditing] = useState(false);
  const inForce = prices?.versions.find(({ version }) => version === prices.inForce);
  const others = prices?.versions.filter((one) => one !== inForce) ?? [];
  return (
    <Panel
      title="Price book"
      note={inForce ? `version ${inForce.version}, since ${moment(inForce.effectiveFrom)}` : undefined}
      padded={false}
      actions={
        mayWrite && prices ? (
          <Button size="sm" kind="quiet" onClick={() => setEditing(true)}>
            <Pencil /> {prices.versions.length === 0 ? "Set prices" : "Change"}
          </Button>
        ) : null
      }
    >
      {prices === undefined ? <Skeleton className="m-4 h-10" /> : null}
      {prices && prices.versions.length === 0 ? (
        <EmptyState icon={BadgeDollarSign} title="Nothing has a price yet">
          A price per million tokens for a model, an alias or an upstream's model makes every later answer carry its
          cost. What has happened stays as it was.
        </EmptyState>
      ) : null}
      {inForce ? <PriceTable prices={inForce.prices} /> : null}
      {others.length > 0 ? (
        <ul className="border-line border-t">
          {others.map((one) => (
            <OtherVersion key={one.id} version={one} future={one.version > (prices?.inForce ?? 0)} />
          ))}
        </ul>
      ) : null}
      {editing && prices ? <PricesDialog versions={prices.versions} onClose={() => setEditing(false)} /> : null}
    </Panel>
  );
}

function PriceTable({ prices }: { readonly prices: readonly Price[] }) {
  const columns = ["Input", "Cached input", "Output", "An hour", "Margin"];
  return (
    <ScrollRegion label="Prices" className="overflow-x-auto focus-ring">
      <table className="w-full border-collapse text-left">
        <thead>
          <tr className="h-9 border-line border-b text-ink-3 text-xs">
            <th scope="col" className="px-4 font-medium">
              For
            </th>
            {columns.map((name) => (
              <th key={name} scope="col" className="whitespace-nowrap px-4 text-right font-medium">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {prices.map((price) => (
            <tr key={price.target} className="h-11 border-line border-b last:border-b-0">
              <th scope="row" className="whitespace-nowrap px-4 text-left font-medium">
                {price.target === "*" ? "everything else" : price.target}
              </th>
              {[price.input, price.cachedInput, price.output].map((amount, index) => (
                <td key={columns[index]} className="whitespace-nowrap px-4 text-right">
                  {money(amount)} <span className="text-ink-3 text-xs">/ M</span>
                </td>
              ))}
              <td className="whitespace-nowrap px-4 text-right">
                {price.perHour === 0 ? <span className="text-ink-3">–</span> : money(price.perHour)}
              </td>
              <td className="whitespace-nowrap px-4 text-right">
                {price.marginBasisPoints === 0 ? (
                  <span className="text-ink-3">–</span>
                ) : (
                  `${price.marginBasisPoints / 100} %`
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  );
}

function OtherVersion({ version, future }: { readonly version: PriceVersion; readonly future: boolean }) {
  return (
    <li className="border-line border-b last:border-b-0">
      <details>
        <summary className="flex cursor-pointer flex-wrap items-baseline gap-x-3 px-4 py-2.5 focus-ring">
          <span className="font-medium">Version {version.version}</span>
          {future ? <Badge>to come</Badge> : null}
          <span className="text-ink-3 text-xs">
            from {moment(version.effectiveFrom)}, by {version.createdByName}
            {version.note === "" ? "" : `: ${version.note}`}
          </span>
        </summary>
        <PriceTable prices={version.prices} />
      </details>
    </li>
  );
}

const written = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });

function moment(iso: string): string {
  return written.format(new Date(iso));
}
