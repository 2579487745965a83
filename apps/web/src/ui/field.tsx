import { ChevronsUpDown } from "lucide-react";
import { type ComponentProps, type ReactNode, useId } from "react";
import { cx } from "./class-names.ts";
import { EarlyChoice } from "./early-choice.tsx";

export interface FieldProps {
  readonly label: string;
  /** Shown at the right of the label, for a value or an aside. */
  readonly aside?: ReactNode;
  readonly hint?: ReactNode;
  /** A sentence that says what is wrong; marks the control as invalid. */
  readonly problem?: string;
  readonly className?: string;
  readonly children: (control: ControlProps) => ReactNode;
}

/** What a field hands to its control so that label, hint and problem belong to it. */
export interface ControlProps {
  readonly id: string;
  readonly "aria-describedby": string | undefined;
  readonly "aria-invalid": true | undefined;
}

export function Field({ label, aside, hint, problem, className, children }: FieldProps) {
  const id = useId();
  const note = problem ?? hint;
  return (
    <div className={cx("grid gap-1.5", className)}>
      <div className="flex items-baseline justify-between gap-2">
        <label htmlFor={id} className="font-medium text-ink-2 text-xs">
          {label}
        </label>
        {aside ? <span className="text-ink-3 text-xs">{aside}</span> : null}
      </div>
      {children({
        id,
        "aria-describedby": note ? `${id}-note` : undefined,
        "aria-invalid": problem ? true : undefined,
      })}
      {note ? (
        <p id={`${id}-note`} className={cx("text-xs", problem ? "text-bad" : "text-ink-3")}>
          {note}
        </p>
      ) : null}
    </div>
  );
}

const textual = "field-frame control-text w-full min-w-0 outline-none aria-invalid:border-bad disabled:opacity-50";

export function Input({ className, ...rest }: ComponentProps<"input">) {
  return <input className={cx(textual, "control-h px-2.5", className)} {...rest} />;
}

export function Textarea({ className, ...rest }: ComponentProps<"textarea">) {
  return <textarea className={cx(textual, "resize-none px-2.5 py-1.5", className)} {...rest} />;
}

/** The platform's own select: it is a wheel on a phone, a list on a desktop, and knows every keyboard. */
export function Select({ className, children, ...rest }: ComponentProps<"select">) {
  return (
    <span className={cx("field-frame relative inline-flex min-w-0 items-center", className)}>
      <select
        className="control-h control-text w-full min-w-0 cursor-pointer appearance-none truncate rounded-md bg-transparent pr-8 pl-2.5 outline-none disabled:opacity-50 [&>option]:bg-raised"
        {...rest}
      >
        {children}
      </select>
      <EarlyChoice value={rest.value} />
      <ChevronsUpDown aria-hidden className="pointer-events-none absolute right-2.5 size-3.5 text-ink-3" />
    </span>
  );
}
