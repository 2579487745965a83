/** What an upstream's secret is sealed with beside itself: copied to another row, it can't be opened. */
export function secretContext(upstreamId: string): string {
  return `upstream:${upstreamId}`;
}
