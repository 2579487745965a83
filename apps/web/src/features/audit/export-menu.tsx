"use client";

import { useQueryClient } from "@tanstack/react-query";
import { Download, FileJson, FileSpreadsheet } from "lucide-react";
import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Menu } from "../../ui/menu.tsx";
import { toast } from "../../ui/toast.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import { type AuditFilters, toQuery } from "./filters.ts";

/** Saves what the filters leave, all pages of it. */
export function ExportMenu({ filters }: { readonly filters: AuditFilters }) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  async function save(format: "csv" | "jsonl") {
    setBusy(true);
    try {
      const options = trpc.audit.export.queryOptions({ ...toQuery(filters), format });
      const { filename, contentType, content, truncated } = await client.fetchQuery({ ...options, staleTime: 0 });
      const url = URL.createObjectURL(new Blob([content], { type: contentType }));
      const link = document.createElement("a");
      link.href = url;
      link.download = filename;
      link.click();
      URL.revokeObjectURL(url);
      toast({
        tone: "good",
        text: `Saved ${filename}.`,
        hint: truncated ? "It holds the newest 50,000 changes; narrow the days for the others." : undefined,
      });
    } catch (cause) {
      const { message, hint } = problemOf(cause);
      toast({ tone: "bad", text: "The log was not exported.", hint: [message, hint].filter(Boolean).join(" ") });
    } finally {
      setBusy(false);
    }
  }
  return (
    <Menu
      trigger={
        <Button disabled={busy}>
          <Download /> {busy ? "Exporting" : "Export"}
        </Button>
      }
      items={[
        { label: "As CSV", icon: <FileSpreadsheet />, onSelect: () => void save("csv") },
        { label: "As JSONL", icon: <FileJson />, onSelect: () => void save("jsonl") },
      ]}
    />
  );
}
