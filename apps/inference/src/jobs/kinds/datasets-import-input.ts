import { z } from "zod";
import { importModes } from "../../domain/datasets/import.ts";
import { mapping } from "../../domain/datasets/mapping.ts";

/** What an import is asked with; apart from the work, so that who asks need not know how it is done. */
export const importKind = {
  kind: "datasets.import",
  attempts: 3,
  input: z.object({
    dataset: z.uuid(),
    /** In the store of files that were sent. */
    upload: z.string(),
    /** The file's own name. */
    file: z.string(),
    mapping,
    mode: z.enum(importModes),
    note: z.string(),
    /** As the audit log names actors. */
    actor: z.string(),
  }),
};
