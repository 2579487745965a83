import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { permissionMatrix, rolesInWords } from "./roles.ts";

// Printed from the table that the service enforces, and tested there to be fresh.
const printed = readFileSync(new URL("../../../../../docs/permissions.md", import.meta.url), "utf8");

function cells(line: string): string[] {
  return line
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim());
}

it("shows the permissions exactly as the service enforces them", () => {
  const lines = printed.split("\n").filter((line) => line.startsWith("|"));
  const [header = "", , ...rows] = lines;
  const columns = cells(header);
  const roles = rolesInWords.map(({ role }) => role);
  expect(rows.length).toBeGreaterThan(0);
  const fromDocument = rows.map((row) => {
    const [permission = "", may, ...marks] = cells(row);
    const holders = roles.filter((role) => marks[columns.indexOf(role) - 2] === "✓");
    return [permission.replaceAll("`", ""), { may, roles: holders }];
  });
  expect(permissionMatrix).toEqual(Object.fromEntries(fromDocument));
});
