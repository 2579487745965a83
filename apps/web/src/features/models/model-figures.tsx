import { bytes, compact, type Figure, formatCount, fromNow } from "../../ui/format.ts";
import type { Model } from "./types.ts";

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
export const speedFigure = (speed: number | undefined): Figure | undefined =>
  speed === undefined ? undefined : { ...compact(speed), unit: `${compact(speed).unit ?? ""}tok/s` };

/** What a model was last measured to do here. */
export function lastSpeed({ speeds }: Pick<Model, "speeds">): Model["speeds"][number] | undefined {
  return [...speeds].sort((a, b) => b.measuredAt.localeCompare(a.measuredAt))[0];
}

/** `measured 3 minutes ago on CPU`. */
export function measuredNote({ device, measuredAt }: Model["speeds"][number], now: number): string {
  return `measured ${fromNow(Date.parse(measuredAt), now)} on ${device}`;
}
