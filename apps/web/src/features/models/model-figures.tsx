import { bytes, compact, type Figure, formatCount } from "../../ui/format.ts";

/** A number with its unit quieter than its digits; a dash when it is not known. */
export function FigureText({ figure }: { readonly figure: Figure | undefined }) {
  if (!figure) return <span className="text-ink-3">–</span>;
  return (
    <span className="whitespace-nowrap">
      {figure.value}
      {figure.unit ? <span className="ml-0.5 text-ink-3">{figure.unit}</span> : null}
    </span>
  );
}

export const parametersFigure = (count: number | undefined) => (count === undefined ? undefined : compact(count));
export const sizeFigure = (size: number | undefined) => (size === undefined ? undefined : bytes(size));
export const tokensFigure = (count: number | undefined): Figure | undefined =>
  count === undefined ? undefined : { value: formatCount(count), unit: "tokens" };
