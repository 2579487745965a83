import { z } from "zod";

/** What a download from the hub is asked with; apart from the work, so that who asks need not know the engine. */
export const downloadKind = {
  kind: "models.download",
  attempts: 5,
  input: z.object({
    /** A hub id: `owner/name`, `owner/name@revision`, `owner/name/file.gguf`. */
    source: z.string(),
    name: z.string().nullable(),
    /** As the audit log names actors. */
    actor: z.string(),
  }),
};
