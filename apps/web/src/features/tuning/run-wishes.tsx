import { Field, Input, Select, Textarea } from "../../ui/field.tsx";

/** What a person may decide about a run; each has a value that needs no thought. */
export interface Wishes {
  readonly name: string;
  readonly model: string;
  readonly minutes: string;
  /** In percent. */
  readonly mayForget: string;
  readonly instruction: string;
}

export interface RunWishesProps {
  readonly wishes: Wishes;
  readonly models: readonly string[];
  onChange(part: Partial<Wishes>): void;
}

export function RunWishes({ models, onChange, wishes }: RunWishesProps) {
  return (
    <>
      <Field label="Name">
        {(control) => (
          <Input {...control} value={wishes.name} onChange={(event) => onChange({ name: event.currentTarget.value })} />
        )}
      </Field>
      <Field label="Model to tune">
        {(control) => (
          <Select
            {...control}
            value={wishes.model}
            onChange={(event) => onChange({ model: event.currentTarget.value })}
          >
            {models.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <Field label="Time it may take, in minutes">
        {(control) => (
          <Input
            {...control}
            type="number"
            min={0.2}
            max={1440}
            step="any"
            value={wishes.minutes}
            onChange={(event) => onChange({ minutes: event.currentTarget.value })}
          />
        )}
      </Field>
      <details className="group sm:col-span-3">
        <summary className="focus-ring w-fit cursor-pointer rounded-sm text-ink-2">What else is chosen for you</summary>
        <div className="mt-3 grid gap-4 sm:grid-cols-3">
          <Field label="It may forget, in %" hint="How much worse it may predict general text before it is held back.">
            {(control) => (
              <Input
                {...control}
                type="number"
                min={0}
                max={100}
                step="any"
                value={wishes.mayForget}
                onChange={(event) => onChange({ mayForget: event.currentTarget.value })}
              />
            )}
          </Field>
          <Field
            label="Instruction"
            hint="What the model is asked before each text; left empty, it is made from the answers."
            className="sm:col-span-2"
          >
            {(control) => (
              <Textarea
                {...control}
                rows={2}
                maxLength={2000}
                value={wishes.instruction}
                onChange={(event) => onChange({ instruction: event.currentTarget.value })}
              />
            )}
          </Field>
        </div>
      </details>
    </>
  );
}
