import { expect, it } from "vitest";
import { secretIn } from "./totp-address.ts";

it("writes the secret in groups of four", () => {
  expect(secretIn("otpauth://totp/Tugboat:a%40x.example?secret=GEZDGNBVGY3TQOJQ&issuer=Tugboat")).toBe(
    "GEZD GNBV GY3T QOJQ",
  );
  expect(secretIn("otpauth://totp/x?secret=ABCDE")).toBe("ABCD E");
  expect(secretIn("nonsense")).toBe("");
});
