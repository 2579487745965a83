import { permissions, permissionTable, roleMay, roles } from "./permissions.ts";

/** The permission table as `docs/permissions.md` prints it. */
export function permissionsDocument(): string {
  const rows = permissions.map((name) => {
    const { keys, what } = permissionTable[name];
    const marks = [...roles.map((role) => roleMay(role, name)), keys].map((may) => (may ? "✓" : ""));
    return `| \`${name}\` | ${what} | ${marks.join(" | ")} |`;
  });
  return [
    "# Who may do what",
    "",
    "Printed from `apps/inference/src/domain/permissions.ts` by `npm run docs:permissions`. The last column says which",
    "permissions an API key may carry; whoever makes a key can give it only what they may do themselves.",
    "",
    `| permission | to | ${roles.join(" | ")} | keys |`,
    `|---|---|${roles.map(() => ":-:").join("|")}|:-:|`,
    ...rows,
    "",
  ].join("\n");
}
