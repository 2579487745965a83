import { cx } from "../../ui/class-names.ts";
import { Panel } from "../../ui/panel.tsx";

const groups = [
  { name: "Planes", tokens: ["sunken", "canvas", "surface", "raised"] },
  { name: "Lines and washes", tokens: ["hover", "pressed", "line", "line-strong", "control"] },
  { name: "Ink", tokens: ["ink", "ink-2", "ink-3"] },
  { name: "Accent: live, selected, focused", tokens: ["accent", "accent-soft"] },
  { name: "Better, careful, worse", tokens: ["good", "good-soft", "warn", "warn-soft", "bad", "bad-soft"] },
] as const;

const sizes = [
  { size: "text-2xl", use: "26 Title of a first page" },
  { size: "text-xl", use: "20 The answer of a page" },
  { size: "text-lg", use: "16 Title of a dialog" },
  { size: "text-md", use: "14 What a model says" },
  { size: "text-sm", use: "13 Everything else" },
  { size: "text-xs", use: "12 Labels and notes" },
  { size: "text-2xs", use: "11 Axes and badges" },
] as const;

export function Tokens() {
  return (
    <div className="grid items-start gap-6 lg:grid-cols-2">
      <Panel title="Colour" note="both themes from one list" padded={false}>
        <div className="grid sm:grid-cols-2">
          {(["light", "dark"] as const).map((theme) => (
            <div key={theme} data-theme={theme} className="grid gap-4 bg-canvas p-4 text-ink">
              {groups.map(({ name, tokens }) => (
                <div key={name} className="grid gap-1.5">
                  <p className="text-ink-3 text-xs">{name}</p>
                  <div className="flex flex-wrap gap-1.5">
                    {tokens.map((token) => (
                      <span
                        key={token}
                        title={token}
                        className="size-8 rounded-sm border border-line"
                        style={{ background: `var(--color-${token})` }}
                      />
                    ))}
                  </div>
                </div>
              ))}
            </div>
          ))}
        </div>
      </Panel>
      <Panel title="Type" note="Geist, Geist Mono">
        <div className="grid gap-3">
          {sizes.map(({ size, use }) => (
            <p
              key={size}
              className={cx(size, size === "text-xs" || size === "text-2xs" ? "text-ink-2" : "font-medium")}
            >
              {use}
            </p>
          ))}
          <p className="border-line border-t pt-3 text-ink-2">
            Figures are tabular:
            <span className="mt-1 block w-24 text-right text-ink">
              1,111.1
              <br />
              9,080.7
            </span>
          </p>
          <p className="font-mono text-xs">matmul_q8_0 → 0123456789 {"{}"} =&gt;</p>
        </div>
      </Panel>
    </div>
  );
}
