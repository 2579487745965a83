"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Trash2 } from "lucide-react";
import { IconButton } from "../../../ui/button.tsx";
import { bytes, written } from "../../../ui/format.ts";
import { toast } from "../../../ui/toast.tsx";
import { removeStored, storedFiles } from "./stored-files.ts";
import { useBrowserModels } from "./use-browser-models.ts";

const key = ["stored-models"] as const;

/** What lies in this browser's storage, and a way to be rid of it. Nothing while there is nothing. */
export function StoredModels() {
  const client = useQueryClient();
  const { names } = useBrowserModels();
  const { data = [] } = useQuery({ queryKey: key, queryFn: storedFiles, refetchInterval: 3000 });
  const remove = useMutation({
    mutationFn: removeStored,
    onError: () =>
      toast({
        tone: "bad",
        text: "The file could not be removed.",
        hint: "A tab uses it: stop its answer and try again.",
      }),
    onSettled: () => client.invalidateQueries({ queryKey: key }),
  });
  if (data.length === 0) return null;
  return (
    <section aria-label="Stored in this browser" className="grid gap-1.5 border-line border-t pt-5">
      <h2 className="font-medium text-ink-2 text-xs">Stored in this browser</h2>
      <ul className="grid gap-1">
        {data.map(({ sha256, bytes: size, complete }) => {
          const name = names.get(sha256) ?? `a model that is gone (${sha256.slice(0, 8)})`;
          return (
            <li key={sha256} className="flex items-center justify-between gap-2">
              <span className="min-w-0 truncate">
                {name}{" "}
                <span className="text-ink-3">
                  {written(bytes(size))}
                  {complete ? "" : ", not complete"}
                </span>
              </span>
              <IconButton
                label={`Remove ${name} from this browser`}
                size="sm"
                disabled={remove.isPending}
                onClick={() => remove.mutate(sha256)}
              >
                <Trash2 />
              </IconButton>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
