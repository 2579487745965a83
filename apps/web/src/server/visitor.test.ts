import { expect, it } from "vitest";
import { visitorAddress } from "./visitor.ts";

it("is the connection's other end, whatever the browser writes", () => {
  expect(visitorAddress("203.0.113.7", undefined, [])).toBe("203.0.113.7");
  expect(visitorAddress("::ffff:203.0.113.7", "198.51.100.1", [])).toBe("203.0.113.7");
  expect(visitorAddress("127.0.0.1", "198.51.100.1", ["10.0.0.0/8"])).toBe("127.0.0.1");
  expect(visitorAddress(undefined, "198.51.100.1", [])).toBeUndefined();
});

it("is what a trusted proxy says, as far as it is no proxy itself", () => {
  const proxies = ["127.0.0.1", "10.0.0.0/8"];
  expect(visitorAddress("127.0.0.1", "198.51.100.1, 203.0.113.9, 10.2.3.4", proxies)).toBe("203.0.113.9");
  expect(visitorAddress("127.0.0.1", "nonsense", proxies)).toBe("127.0.0.1");
});
