import { expect, it } from "vitest";
import { baseUrl } from "./address.ts";

it.each([
  ["https://api.example.com/v1", "https://api.example.com/v1"],
  [" http://127.0.0.1:8000/v1// ", "http://127.0.0.1:8000/v1"],
  ["http://10.0.0.7", "http://10.0.0.7"],
  ["HTTP://Gpu-Box.local:80/v1", "http://gpu-box.local/v1"],
  ["http://[fd00::1]:8000/v1", "http://[fd00::1]:8000/v1"],
])("takes %s", (text, url) => expect(baseUrl(text)).toBe(url));

it.each([
  ["nonsense", /not a URL/],
  ["", /not a URL/],
  ["file:///etc/passwd", /Only http and https/],
  ["ftp://example.com", /Only http and https/],
  ["https://me:secret@example.com/v1", /can't hold a password/],
  ["https://example.com/v1?key=1", /no \?/],
  ["https://example.com/v1#a", /no \?/],
  ["http://169.254.169.254/latest", /link-local/],
  // The same address as a URL's parser also reads it.
  ["http://2852039166/latest", /link-local/],
  ["http://0xa9.0xfe.0xa9.0xfe/", /link-local/],
  ["http://[fe80::1]/", /link-local/],
  ["http://[::ffff:169.254.169.254]/", /link-local/],
])("refuses %s", (text, why) => expect(() => baseUrl(text)).toThrow(why));
