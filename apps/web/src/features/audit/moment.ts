const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });
const minute = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});
const full = new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeStyle: "long" });

/** A moment (ISO 8601) as a day where the reader is: `2 Mar 2026`. */
export function dayOf(moment: string): string {
  return day.format(new Date(moment));
}

/** To the second, without the year: `2 Mar, 10:14:07`. */
export function momentOf(moment: string): string {
  return minute.format(new Date(moment));
}

/** Everything there is to say, zone included. */
export function fullMoment(moment: string): string {
  return full.format(new Date(moment));
}
