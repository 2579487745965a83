import { expect, it } from "vitest";
import { keyPermissions, permissions, permissionsOf, permissionsOfScopes, roleMay, roles } from "./permissions.ts";

it("gives the owner everything, and every role a subset of it", () => {
  expect(permissionsOf("owner")).toEqual(permissions);
  for (const role of roles) expect(permissions).toEqual(expect.arrayContaining(permissionsOf(role)));
});

it("keeps keys, the audit log and inference from a viewer", () => {
  for (const permission of ["keys:read", "keys:write", "audit:read", "inference:run"] as const) {
    expect(roleMay("viewer", permission)).toBe(false);
  }
});

it("never lets a key change who may do what", () => {
  expect(keyPermissions.filter((name) => /^(members|keys|organization|audit)/.test(name))).toEqual([]);
  expect(permissionsOfScopes(["*"])).toEqual(new Set(keyPermissions));
  expect(permissionsOfScopes(["inference:run", "members:write", "nonsense"])).toEqual(new Set(["inference:run"]));
});

it("lets whoever may make keys make one with any scope", () => {
  for (const role of roles.filter((role) => roleMay(role, "keys:write"))) {
    expect(permissionsOf(role)).toEqual(expect.arrayContaining([...keyPermissions]));
  }
});
