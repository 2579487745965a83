import type { Role } from "@tugboat/inference/trpc";
import { type ControlProps, Select } from "../../ui/field.tsx";
import { isRole, rolesInWords } from "./roles.ts";

export interface RoleSelectProps extends Partial<ControlProps> {
  readonly value: Role;
  readonly onChange: (role: Role) => void;
  /** Owners alone make owners. */
  readonly mayMakeOwners: boolean;
  readonly "aria-label"?: string;
  readonly className?: string;
}

export function RoleSelect({ value, onChange, mayMakeOwners, ...rest }: RoleSelectProps) {
  return (
    <Select
      {...rest}
      value={value}
      onChange={({ currentTarget }) => isRole(currentTarget.value) && onChange(currentTarget.value)}
    >
      {rolesInWords
        .filter(({ role }) => mayMakeOwners || role !== "owner")
        .map(({ role, name }) => (
          <option key={role} value={role}>
            {name}
          </option>
        ))}
    </Select>
  );
}
