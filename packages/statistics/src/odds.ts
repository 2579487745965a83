/** `p` as odds that a person can hold: "1 time in 50". */
export function luck(p: number): string {
  if (p >= 0.4) return "easily be luck";
  if (p >= 0.15) return `be luck 1 time in ${Math.round(1 / p)}`;
  if (p < 0.0001) return "hardly be luck: less than 1 time in 10,000";
  const times = 1 / p;
  const digits = 10 ** Math.max(0, Math.floor(Math.log10(times)) - 1);
  return `be luck 1 time in ${(Math.round(times / digits) * digits).toLocaleString("en")}`;
}
