import { Check, ChevronRight } from "lucide-react";
import { Panel } from "../../ui/panel.tsx";
import { ScrollRegion } from "../../ui/scroll-region.tsx";
import { permissionMatrix, rolesInWords } from "./roles.ts";

/** The roles in words; exactly what each may is one disclosure away. */
export function RolesPanel() {
  return (
    <Panel title="What the roles may" padded={false}>
      <dl className="grid gap-x-6 gap-y-3 p-4 sm:grid-cols-2 lg:grid-cols-3">
        {rolesInWords.map(({ role, name, does }) => (
          <div key={role}>
            <dt className="font-medium">{name}</dt>
            <dd className="text-ink-2">{does}</dd>
          </div>
        ))}
      </dl>
      <details className="group border-line border-t">
        <summary className="flex h-11 list-none items-center gap-2 rounded-b-lg px-4 font-medium text-ink-2 text-xs focus-ring hover:text-ink [&::-webkit-details-marker]:hidden">
          <ChevronRight aria-hidden className="size-3.5 transition-transform group-open:rotate-90" />
          Every permission, role by role
        </summary>
        <ScrollRegion label="Permissions by role" className="overflow-x-auto border-line border-t focus-ring">
          <table className="w-full border-collapse text-left">
            <thead>
              <tr className="border-line border-b text-ink-3 text-xs">
                <th scope="col" className="h-9 px-4 font-medium">
                  May
                </th>
                {rolesInWords.map(({ role, name }) => (
                  <th key={role} scope="col" className="px-3 text-center font-medium">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {Object.entries(permissionMatrix).map(([permission, { may, roles }]) => (
                <tr key={permission} className="border-line border-b last:border-b-0">
                  <th scope="row" className="min-w-64 px-4 py-2 font-normal">
                    {may}
                    <code className="block font-mono text-ink-3 text-xs">{permission}</code>
                  </th>
                  {rolesInWords.map(({ role }) => (
                    <td key={role} className="px-3 text-center">
                      {roles.includes(role) ? (
                        <>
                          <Check aria-hidden className="mx-auto size-3.5 text-good" />
                          <span className="sr-only">yes</span>
                        </>
                      ) : (
                        <span className="text-ink-3">
                          <span aria-hidden>–</span>
                          <span className="sr-only">no</span>
                        </span>
                      )}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </ScrollRegion>
      </details>
    </Panel>
  );
}
