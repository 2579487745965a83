import { expect, it } from "vitest";
import { strftime } from "./strftime.ts";

it("writes dates as C's locale does", () => {
  const date = new Date(2024, 1, 29, 0, 7, 3);
  expect(strftime(date, "%d %b %Y|%A %a %B|%-d/%-m|%I:%M:%S %p|%j|%y %e|%F %T|100%%|%Q")).toBe(
    "29 Feb 2024|Thursday Thu February|29/2|12:07:03 AM|060|24 29|2024-02-29 00:07:03|100%|%Q",
  );
});
