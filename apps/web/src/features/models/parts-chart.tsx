"use client";

import { cx } from "../../ui/class-names.ts";
import { type Column, DataTable } from "../../ui/data-table.tsx";
import { bytes, formatCount } from "../../ui/format.ts";
import { FigureText, parametersFigure } from "./model-figures.tsx";
import { partLooks } from "./parts.ts";
import type { Anatomy } from "./types.ts";

/** Where the parameters are: a bar by part, and each part's share. */
export function PartsChart({ anatomy }: { readonly anatomy: Anatomy }) {
  const share = (parameters: number) => parameters / Math.max(1, anatomy.parameters);
  return (
    <div className="grid gap-4">
      <div aria-hidden className="flex h-3 gap-0.5 overflow-hidden rounded-full">
        {anatomy.parts.map(({ parameters, part }) => (
          <span key={part} className={partLooks[part].bar} style={{ width: `${share(parameters) * 100}%` }} />
        ))}
      </div>
      <ul className="grid gap-2">
        {anatomy.parts.map(({ bytes: size, parameters, part }) => (
          <li key={part} className="flex items-center gap-2.5">
            <span aria-hidden className={cx("size-2 rounded-full", partLooks[part].bar)} />
            <span className="grow">{partLooks[part].name}</span>
            <span className="text-ink-3 text-xs">
              <FigureText figure={bytes(size)} />
            </span>
            <span className="w-16 text-right">
              <FigureText figure={parametersFigure(parameters)} />
            </span>
            <span className="w-14 text-right text-ink-2">{(share(parameters) * 100).toFixed(1)} %</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

type Group = Anatomy["tensors"][number];

const columns: readonly Column<Group>[] = [
  {
    id: "name",
    header: "Tensor",
    value: ({ name }) => name,
    cell: ({ name }) => <span className="font-mono text-xs">{name}</span>,
  },
  { id: "part", header: "Part", value: ({ part }) => partLooks[part].name },
  { id: "count", header: "Count", numeric: true, value: ({ count }) => count },
  { id: "shape", header: "Shape", value: ({ shape }) => shape.map((size) => formatCount(size)).join(" × ") },
  { id: "types", header: "Type", value: ({ types }) => types.join(", ") },
  {
    id: "parameters",
    header: "Parameters",
    numeric: true,
    value: ({ parameters }) => parameters,
    cell: ({ parameters }) => <FigureText figure={parametersFigure(parameters)} />,
  },
  {
    id: "bytes",
    header: "Bytes",
    numeric: true,
    value: ({ bytes: size }) => size,
    cell: ({ bytes: size }) => <FigureText figure={bytes(size)} />,
  },
];

/** Every tensor; those of all layers in one row. */
export function TensorsTable({ anatomy }: { readonly anatomy: Anatomy }) {
  return (
    <DataTable
      label="Tensors"
      rows={anatomy.tensors}
      columns={columns}
      rowKey={({ name, shape }) => `${name} ${shape.join("×")}`}
      empty={null}
    />
  );
}
