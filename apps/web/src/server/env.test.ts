import { describe, expect, it } from "vitest";
import { parseEnv } from "./env.ts";

describe("parseEnv", () => {
  it("has a working default for everything", () => {
    expect(parseEnv({})).toMatchObject({ apiUrl: "http://127.0.0.1:4000", trustedProxies: [] });
    expect(parseEnv({}).home).toMatch(/\/\.tugboat$/);
  });

  it("takes the API's address with or without /v1 and slashes", () => {
    for (const given of [
      "http://10.0.0.2:8080",
      "http://10.0.0.2:8080/",
      "http://10.0.0.2:8080/v1",
      "http://10.0.0.2:8080/v1/",
    ]) {
      expect(parseEnv({ TUGBOAT_API_URL: given }).apiUrl).toBe("http://10.0.0.2:8080");
    }
  });

  it("follows TUGBOAT_API_PORT when no address is given", () => {
    expect(parseEnv({ TUGBOAT_API_PORT: "4321" }).apiUrl).toBe("http://127.0.0.1:4321");
  });

  it("names the variable that is wrong", () => {
    expect(() => parseEnv({ TUGBOAT_API_PORT: "many" })).toThrow(/TUGBOAT_API_PORT/);
    expect(() => parseEnv({ TUGBOAT_API_URL: "ftp://host" })).toThrow(/TUGBOAT_API_URL/);
  });
});
