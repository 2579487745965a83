/** A client's trace context (W3C Trace Context, level 1), where it is well formed. */
export function readTraceparent(header: string | undefined): { traceHex: string; spanId: string } | undefined {
  const [, version, traceHex = "", spanId = ""] =
    /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(?:-.*)?$/.exec(header?.trim() ?? "") ?? [];
  if (version === undefined || version === "ff") return undefined;
  if (/^0+$/.test(traceHex) || /^0+$/.test(spanId)) return undefined;
  return { traceHex, spanId };
}

/** What is sent on, so that the next service's spans join. */
export function writeTraceparent(traceHex: string, spanId: string): string {
  return `00-${traceHex}-${spanId}-01`;
}
