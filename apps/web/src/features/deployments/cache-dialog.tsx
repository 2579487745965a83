"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useId, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field, Select } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { toast } from "../../ui/toast.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import type { Alias } from "./types.ts";

const choices = [0.01, 0.02, 0.05, 0.1, 0.2];

/** Whether an alias answers from memory what means the same, and how often that may be wrong. */
export function CacheDialog({ alias, onClose }: { readonly alias: Alias; readonly onClose: () => void }) {
  const form = useId();
  const trpc = useTRPC();
  const client = useQueryClient();
  const [wanted, setWanted] = useState(alias.cache ? String(alias.cache.maxError) : "");
  const { error, isPending, mutate } = useMutation(
    trpc.aliases.cache.mutationOptions({
      onSuccess: ({ cache, name }) => {
        const text = cache ? `${name} answers from memory what means the same.` : `${name} is asked anew each time.`;
        toast({ tone: "good", text, ...(cache && { hint: "First it learns how near is near enough." }) });
        onClose();
      },
      onSettled: () => client.invalidateQueries({ queryKey: trpc.aliases.pathKey() }),
    }),
  );
  const refusal = error ? problemOf(error) : undefined;
  const options = choices.includes(Number(wanted)) || wanted === "" ? choices : [...choices, Number(wanted)];
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    mutate({ id: alias.id, maxError: wanted === "" ? null : Number(wanted), updatedAt: alias.updatedAt });
  }
  return (
    <Dialog
      open
      onClose={onClose}
      keeps="work"
      title={`Answers of ${alias.name} from memory`}
      description="A question that means the same as an earlier one gets the earlier answer, at once and nearly free. How near is near enough is learnt for each answer, by asking anew and comparing."
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" form={form} disabled={isPending}>
            Save
          </Button>
        </>
      }
    >
      <form id={form} onSubmit={submit} noValidate className="grid gap-4">
        <Field
          label="Answers that may differ from what would have been said"
          hint="The lower, the longer it learns, and the more is asked anew. A different wording counts as different, so it serves labels and short answers best."
          problem={refusal?.fields.maxError}
        >
          {(control) => (
            <Select {...control} value={wanted} onChange={(event) => setWanted(event.currentTarget.value)}>
              <option value="">None: always ask the model</option>
              {options.map((share) => (
                <option key={share} value={share}>
                  At most {share * 100} of 100 questions
                </option>
              ))}
            </Select>
          )}
        </Field>
        {refusal && !refusal.fields.maxError ? (
          <Notice tone={refusal.code === "conflict" ? "warn" : "bad"} hint={refusal.hint}>
            {refusal.message}
          </Notice>
        ) : null}
      </form>
    </Dialog>
  );
}
