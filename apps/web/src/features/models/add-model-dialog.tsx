"use client";

import { useState } from "react";
import { Dialog } from "../../ui/dialog.tsx";
import { Tabs } from "../../ui/tabs.tsx";
import { AddByUpload } from "./add-by-upload.tsx";
import { AddFromHub } from "./add-from-hub.tsx";
import { AddFromMachine } from "./add-from-machine.tsx";
import { useUpload } from "./use-upload.ts";

export interface AddModelDialogProps {
  /** Names that models have already. */
  readonly taken: readonly string[];
  /** The largest file that is taken, in bytes. */
  readonly uploadLimit: number;
  readonly onClose: () => void;
}

/** Three ways to a model: a file that is sent, one that lies on the service's machine, or the hub. */
export function AddModelDialog({ taken, uploadLimit, onClose }: AddModelDialogProps) {
  const [opened] = useState(useUpload() !== undefined);
  return (
    <Dialog
      open
      onClose={onClose}
      keeps="work"
      title="Add a model"
      description={
        opened
          ? "The upload goes on when this is closed."
          : "It answers the API under its name, and is measured on this machine."
      }
    >
      <div className="-mx-5">
        <Tabs
          label="Where the model is"
          tabs={[
            {
              id: "upload",
              label: "Upload",
              content: <AddByUpload taken={taken} limit={uploadLimit} onClose={onClose} />,
            },
            { id: "machine", label: "On this machine", content: <AddFromMachine taken={taken} onClose={onClose} /> },
            { id: "hub", label: "From the hub", content: <AddFromHub taken={taken} onClose={onClose} /> },
          ]}
        />
      </div>
    </Dialog>
  );
}
