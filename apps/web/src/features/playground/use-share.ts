"use client";

import { useMutation } from "@tanstack/react-query";
import { toast } from "../../ui/toast.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import { hashOf } from "./address.ts";
import { toDocument } from "./document.ts";
import { pack } from "./packing.ts";
import type { Conversation } from "./types.ts";

/** Copies a link to what is on screen. What is too long for a link is kept by the service under a short id. */
export function useShare(): { readonly share: (state: Conversation) => Promise<void>; readonly pending: boolean } {
  const trpc = useTRPC();
  const { mutateAsync, isPending } = useMutation(trpc.playground.share.mutationOptions());

  async function linkTo(state: Conversation): Promise<string> {
    const base = `${window.location.origin}/playground`;
    const hash = await hashOf(state);
    if (hash !== undefined) return base + hash;
    const { id } = await mutateAsync({ content: await pack(toDocument(state, true)) });
    return `${base}?shared=${id}`;
  }

  async function share(state: Conversation) {
    let link: string;
    try {
      link = await linkTo(state);
    } catch (cause) {
      const { message, hint } = problemOf(cause);
      toast({ tone: "bad", text: message, hint });
      return;
    }
    try {
      await navigator.clipboard.writeText(link);
      const short = link.includes("?shared=");
      toast({
        tone: "good",
        text: "Copied the link to this playground.",
        hint: short ? "It is kept here for the members of your organization." : undefined,
      });
    } catch {
      if (link.includes("?shared=")) window.history.replaceState(null, "", link);
      toast({
        tone: "bad",
        text: "The link could not be copied.",
        hint: "Copy it from the address bar: it holds everything.",
      });
    }
  }

  return { share, pending: isPending };
}
