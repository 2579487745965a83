const months = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
] as const;
const days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"] as const;

/** Python's `strftime` in the C locale, local time: models were trained on English dates, wherever they run. */
export function strftime(date: Date, format: string): string {
  const two = (value: number) => String(value).padStart(2, "0");
  const hour12 = date.getHours() % 12 === 0 ? 12 : date.getHours() % 12;
  const dayOfYear = () => {
    const start = Date.UTC(date.getFullYear(), 0, 1);
    return (Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) - start) / 86_400_000 + 1;
  };
  const fields: Readonly<Record<string, () => string>> = {
    Y: () => String(date.getFullYear()),
    y: () => two(date.getFullYear() % 100),
    m: () => two(date.getMonth() + 1),
    d: () => two(date.getDate()),
    e: () => String(date.getDate()).padStart(2, " "),
    j: () => String(dayOfYear()).padStart(3, "0"),
    B: () => months[date.getMonth()] ?? "",
    b: () => months[date.getMonth()]?.slice(0, 3) ?? "",
    A: () => days[date.getDay()] ?? "",
    a: () => days[date.getDay()]?.slice(0, 3) ?? "",
    H: () => two(date.getHours()),
    I: () => two(hour12),
    M: () => two(date.getMinutes()),
    S: () => two(date.getSeconds()),
    f: () => String(date.getMilliseconds() * 1000).padStart(6, "0"),
    p: () => (date.getHours() < 12 ? "AM" : "PM"),
    F: () => strftime(date, "%Y-%m-%d"),
    T: () => strftime(date, "%H:%M:%S"),
    "%": () => "%",
  };
  // %-d is the number without padding.
  return format.replace(/%(-?)([A-Za-z%])/g, (whole, bare: string, letter: string) => {
    const field = fields[letter]?.();
    if (field === undefined) return whole;
    return bare === "" ? field : field.replace(/^[0 ]+(?=.)/, "");
  });
}
