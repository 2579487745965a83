"use client";

import { useMutation } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { Button } from "../../../ui/button.tsx";
import { bytes, written } from "../../../ui/format.ts";
import { Notice } from "../../../ui/notice.tsx";
import { Panel } from "../../../ui/panel.tsx";
import { sendFile } from "../../datasets/send-file.ts";
import { RequestError } from "../../service/request.ts";
import { problemOf, useTRPC } from "../../service/trpc.tsx";
import type { Wishes } from "../run-wishes.tsx";
import { storedZip } from "./stored-zip.ts";
import type { BrowserTuning } from "./use-browser-tuning.ts";

interface BroughtPanelProps {
  readonly outcome: NonNullable<BrowserTuning["outcome"]>;
  readonly wishes: Wishes;
}

/** What to do with what was trained here: keep it as a file, or let Tugboat serve it. */
export function BroughtPanel({ outcome, wishes }: BroughtPanelProps) {
  const trpc = useTRPC();
  const router = useRouter();
  const { adapter, shared } = outcome;
  const keep = useMutation(trpc.tuning.bring.mutationOptions());
  const upload = useMutation({
    mutationFn: async () => {
      const weights = await sendFile(new Blob([adapter.weights]));
      const { mayForget, minutes, model, name } = wishes;
      return keep.mutateAsync({
        name,
        model,
        minutes: Number(minutes),
        mayForget: Number(mayForget) / 100,
        weights,
        config: JSON.parse(JSON.stringify(adapter.config)),
        report: shared,
      });
    },
    onSuccess: ({ run }) => router.push(`/tuning/${run}`),
  });
  const refusal = upload.error;
  const said =
    refusal === null ? undefined : refusal instanceof RequestError ? refusal.problem : problemOf(keep.error ?? refusal);
  function download() {
    const config = new TextEncoder().encode(`${JSON.stringify(adapter.config, null, 2)}\n`);
    const folder = wishes.name.replaceAll(/[^\p{L}\p{N}._-]+/gu, "-") || "adapter";
    const archive = storedZip([
      { name: `${folder}/adapter_config.json`, bytes: config },
      { name: `${folder}/adapter_model.safetensors`, bytes: adapter.weights },
    ]);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(archive);
    link.download = `${folder}.zip`;
    link.click();
    URL.revokeObjectURL(link.href);
  }
  const { passed, reasons } = shared.gate;
  return (
    <Panel title="Keep it" note={`${written(bytes(adapter.weights.length))}, in this tab alone`}>
      <div className="grid gap-3">
        {reasons.map((reason) => (
          <Notice key={reason} tone="warn">
            {reason}
          </Notice>
        ))}
        <div className="flex flex-wrap gap-2">
          <Button kind={passed ? "primary" : "secondary"} disabled={upload.isPending} onClick={() => upload.mutate()}>
            {upload.isPending ? "Uploading…" : "Upload to Tugboat"}
          </Button>
          <Button onClick={download}>Download adapter (PEFT)</Button>
        </div>
        <p className="text-ink-2 text-xs">
          Nothing has been sent so far. An upload sends the adapter, the figures of this report, the instruction and the
          names of the answers; none of your texts. Then it can be shipped behind an alias.
        </p>
        {said ? (
          <Notice tone="bad" hint={said.hint}>
            {said.message}
          </Notice>
        ) : null}
      </div>
    </Panel>
  );
}
