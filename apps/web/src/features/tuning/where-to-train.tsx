import { Panel } from "../../ui/panel.tsx";

export type Where = "service" | "browser";

const places: readonly { readonly where: Where; readonly name: string; readonly what: string }[] = [
  {
    where: "service",
    name: "On this service",
    what: "Your examples are sent to it. The run survives a restart, and you can leave the page.",
  },
  {
    where: "browser",
    name: "In this browser",
    what: "Your examples never leave this machine. It computes here, so the tab must stay open; what comes out is sent only if you say so.",
  },
];

/** Who computes, and with that who sees the examples. */
export function WhereToTrain({ onChoose, where }: { readonly where: Where; onChoose(where: Where): void }) {
  return (
    <Panel title="Where it is trained">
      <fieldset className="grid gap-3 sm:grid-cols-2">
        <legend className="sr-only">Where it is trained</legend>
        {places.map((one) => (
          <label
            key={one.where}
            className="focus-within-ring flex cursor-pointer gap-3 rounded-md border border-line p-3 has-checked:border-accent has-checked:bg-accent-soft"
          >
            <input
              type="radio"
              name="where"
              value={one.where}
              checked={where === one.where}
              onChange={() => onChoose(one.where)}
              className="focus-ring mt-0.5 accent-accent"
            />
            <span className="grid gap-0.5">
              <span className="font-medium">{one.name}</span>
              <span className="text-ink-2 text-xs">{one.what}</span>
            </span>
          </label>
        ))}
      </fieldset>
    </Panel>
  );
}
