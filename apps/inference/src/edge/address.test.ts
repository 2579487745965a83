import { expect, it } from "vitest";
import { addressReader } from "./address.ts";
import { consoleHeader } from "./session.ts";

const read = addressReader({ consoleSecret: "the secret", proxies: ["10.0.0.0/8", "2001:db8::/32", "127.0.0.1"] });
const from = (peer: string | undefined, forwarded?: string, secret?: string) =>
  read(
    peer,
    new Headers({ ...(forwarded && { "x-forwarded-for": forwarded }), ...(secret && { [consoleHeader]: secret }) }),
  );

it("is the connection's other end, whatever a stranger writes", () => {
  expect(from("203.0.113.7")).toBe("203.0.113.7");
  expect(from("203.0.113.7", "198.51.100.1")).toBe("203.0.113.7");
  expect(from("::ffff:203.0.113.7", "198.51.100.1", "1")).toBe("203.0.113.7");
  expect(from(undefined, "198.51.100.1")).toBeUndefined();
});

it("is what the console's server says, known by its secret", () => {
  expect(from("::1", "198.51.100.1", "the secret")).toBe("198.51.100.1");
  expect(from("::1", "198.51.100.1", "the secret!")).toBe("::1");
  expect(from("::1", "nonsense", "the secret")).toBe("::1");
});

it("is the last of a trusted proxy's chain that is no trusted proxy itself", () => {
  expect(from("10.1.2.3", "198.51.100.1, 203.0.113.9, 10.9.9.9")).toBe("203.0.113.9");
  expect(from("2001:db8::1", "198.51.100.1")).toBe("198.51.100.1");
  expect(from("10.1.2.3", "10.4.4.4")).toBe("10.4.4.4");
  expect(from("10.1.2.3")).toBe("10.1.2.3");
});
