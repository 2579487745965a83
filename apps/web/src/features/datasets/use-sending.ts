"use client";

import { useState } from "react";
import { RequestError } from "../service/request.ts";
import { sendFile } from "./send-file.ts";

/** A file that the service has on its disk. */
export interface SentFile {
  readonly upload: string;
  /** What the person calls it. */
  readonly file: string;
}

/** Sends what was given to the service, which reads it from its disk however large it is. */
export function useSending(onSent: (sent: SentFile) => void) {
  const [isSending, setSending] = useState(false);
  const [problem, setProblem] = useState<{ message: string; hint?: string | undefined }>();
  async function send(content: Blob, file: string) {
    setProblem(undefined);
    setSending(true);
    try {
      onSent({ upload: await sendFile(content), file });
    } catch (cause) {
      setProblem(cause instanceof RequestError ? cause.problem : { message: "The file could not be sent." });
    } finally {
      setSending(false);
    }
  }
  return { busy: isSending ? "Sending…" : undefined, problem, send };
}
