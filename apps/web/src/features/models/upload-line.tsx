"use client";

import { useQuery } from "@tanstack/react-query";
import { Button } from "../../ui/button.tsx";
import { bytes, plural, written } from "../../ui/format.ts";
import { Notice } from "../../ui/notice.tsx";
import { useTRPC } from "../service/trpc.tsx";
import { useUpload } from "./use-upload.ts";

/** Says that a file is on its way, or waits to be gone on with. */
export function UploadLine({ onOpen }: { readonly onOpen: () => void }) {
  const trpc = useTRPC();
  const upload = useUpload();
  const waiting = useQuery(trpc.uploads.list.queryOptions()).data?.uploads ?? [];
  const show = (
    <Button size="sm" onClick={onOpen}>
      {upload ? "Show it" : "Go on"}
    </Button>
  );
  if (upload && upload.phase !== "added") {
    const percent = Math.floor((100 * upload.sent) / Math.max(1, upload.size));
    const how = {
      sending: "is on its way",
      paused: "is paused",
      failed: "stopped",
      here: "is here",
      adding: "is being read",
      refused: "was refused",
    }[upload.phase];
    return (
      <Notice tone={["failed", "refused"].includes(upload.phase) ? "warn" : "neutral"} action={show}>
        {upload.fileName} {how}: {percent} % of {written(bytes(upload.size))}.
      </Notice>
    );
  }
  if (waiting.length === 0) return null;
  return (
    <Notice tone="neutral" action={show} hint="Choose the same file again and it goes on where it stopped.">
      {plural(waiting.length, "upload")} not finished: {waiting.map(({ fileName }) => fileName).join(", ")}.
    </Notice>
  );
}
