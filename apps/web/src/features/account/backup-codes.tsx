"use client";

import { Download } from "lucide-react";
import { Button } from "../../ui/button.tsx";
import { CopyButton } from "../../ui/copy-button.tsx";
import { Notice } from "../../ui/notice.tsx";

/** The codes for a lost phone, this once. */
export function BackupCodes({ codes }: { readonly codes: readonly string[] }) {
  const text = `Tugboat: backup codes. Each signs in once.\n\n${codes.join("\n")}\n`;
  return (
    <div className="grid gap-3">
      <Notice tone="warn" hint="Each works once, in place of a code of the app. Keep them where your phone is not.">
        These backup codes are shown only now.
      </Notice>
      <ul
        data-testid="backup-codes"
        aria-label="Backup codes"
        className="grid grid-cols-2 gap-x-6 gap-y-1.5 rounded-md border border-line bg-canvas p-3 font-mono text-sm"
      >
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <div className="flex items-center gap-2">
        <Button size="sm" onClick={() => save(text)}>
          <Download /> Save as a file
        </Button>
        <CopyButton text={text} what="backup codes" />
      </div>
    </div>
  );
}

function save(text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = "tugboat-backup-codes.txt";
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

/** Of an answer of the service, its codes. */
export function codesIn(facts: Readonly<Record<string, unknown>>): string[] {
  const { backupCodes } = facts;
  return Array.isArray(backupCodes) ? backupCodes.filter((code) => typeof code === "string") : [];
}
