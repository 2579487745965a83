"use client";

import { Check, Copy } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { IconButton } from "./button.tsx";
import { toast } from "./toast.tsx";

export interface CopyButtonProps {
  readonly text: string;
  /** What is copied: "request id", "snippet". */
  readonly what: string;
  /** In place of the two sheets, where several things can be copied side by side. */
  readonly icon?: ReactNode;
}

export function CopyButton({ text, what, icon = <Copy /> }: CopyButtonProps) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 1600);
    return () => clearTimeout(timer);
  }, [copied]);
  async function copy() {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
    } catch {
      toast({
        tone: "bad",
        text: `The ${what} could not be copied.`,
        hint: "The browser refused; select it and copy by hand.",
      });
    }
  }
  return (
    <IconButton label={copied ? `Copied ${what}` : `Copy ${what}`} title={`Copy ${what}`} size="sm" onClick={copy}>
      {copied ? <Check className="text-good" /> : icon}
    </IconButton>
  );
}
