import { expect, it } from "vitest";
import { EnvError, readEnv } from "./env.ts";

it("has a default for everything", () => {
  const env = readEnv({});
  expect(env).toMatchObject({ TUGBOAT_API_PORT: 4000, TUGBOAT_WEB_PORT: 3000, TUGBOAT_DEVICE: "auto" });
  expect(env.TUGBOAT_HOME).toMatch(/\/\.tugboat$/);
  expect([...env.TUGBOAT_ROLES]).toEqual(["edge", "engine", "jobs"]);
});

it("takes an empty variable as unset", () => {
  expect(readEnv({ DATABASE_URL: "", TUGBOAT_API_PORT: "" })).toMatchObject({ TUGBOAT_API_PORT: 4000 });
});

it.each([
  [{ TUGBOAT_API_PORT: "70000" }, "TUGBOAT_API_PORT"],
  [{ TUGBOAT_API_PORT: "http" }, "TUGBOAT_API_PORT"],
  [{ TUGBOAT_DEVICE: "tpu" }, "TUGBOAT_DEVICE"],
  [{ TUGBOAT_ROLES: "edge,cook" }, "TUGBOAT_ROLES"],
  [{ TUGBOAT_THREADS: "0" }, "TUGBOAT_THREADS"],
  [{ TUGBOAT_TRUSTED_PROXIES: "10.0.0.0/8, 10.0.0.0/33" }, "10.0.0.0/33"],
  [{ TUGBOAT_SMTP_URL: "http://mail.example", TUGBOAT_MAIL_FROM: "a@x.example" }, "TUGBOAT_SMTP_URL"],
  [{ TUGBOAT_SMTP_URL: "smtp://mail.example" }, "TUGBOAT_MAIL_FROM"],
  [{ TUGBOAT_SMTP_URL: "smtp://mail.example", TUGBOAT_MAIL_FROM: "Tugboat" }, "TUGBOAT_MAIL_FROM"],
  [{ TUGBOAT_OIDC_ISSUER: "https://id.example" }, "TUGBOAT_OIDC_CLIENT_ID and TUGBOAT_OIDC_CLIENT_SECRET"],
  [{ TUGBOAT_OIDC_DOMAINS: "x.example=owner" }, "x.example=owner"],
  [{ TUGBOAT_OIDC_DOMAINS: "nowhere" }, "TUGBOAT_OIDC_DOMAINS"],
])("names the variable that is wrong: %j", (source, name) => {
  expect(() => readEnv(source)).toThrow(EnvError);
  expect(() => readEnv(source)).toThrow(name);
});

it("reads roles as a list", () => {
  expect([...readEnv({ TUGBOAT_ROLES: "edge, jobs" }).TUGBOAT_ROLES]).toEqual(["edge", "jobs"]);
});

it("reads the domains of single sign-on, with the role that each gives", () => {
  const { TUGBOAT_OIDC_DOMAINS } = readEnv({ TUGBOAT_OIDC_DOMAINS: "X.example=viewer, partner.example" });
  expect([...TUGBOAT_OIDC_DOMAINS]).toEqual([
    ["x.example", "viewer"],
    ["partner.example", undefined],
  ]);
});
