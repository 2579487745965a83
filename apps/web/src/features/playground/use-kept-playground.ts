"use client";

import { useCallback, useEffect, useRef, useState } from "react";
import type { ServiceProblem } from "../service/types.ts";
import { type Addressed, hashOf, readAddress } from "./address.ts";
import { fromDocument, isEmpty, toDocument } from "./document.ts";
import { unpack } from "./packing.ts";
import type { Conversation } from "./types.ts";

export interface KeptOptions {
  readonly state: Conversation;
  /** Whose drafts these are: another person at this browser does not see them. */
  readonly userId: string;
  readonly onRestore: (state: Conversation) => void;
  /** Fetches what was shared under an id, packed. */
  readonly openShared: (id: string) => Promise<string>;
  readonly describe: (cause: unknown) => ServiceProblem;
}

export interface Kept {
  /** False until it is known what the page opens with. */
  readonly restored: boolean;
  /** Why the address could not be opened. */
  readonly problem: ServiceProblem | undefined;
}

const keyPrefix = "tugboat.playground.";

const damaged: ServiceProblem = {
  code: "damaged-link",
  message: "This link is damaged: nothing was opened from it.",
  hint: "Ask for it again; chats and mail programs sometimes cut long links.",
};

/**
 * Reads the playground from the address, or else from what this browser kept of the last one, and from then on keeps both
 * saying what is on screen: a reload, a lost session or a closed tab loses nothing.
 */
export function useKeptPlayground({ state, userId, ...rest }: KeptOptions): Kept {
  const options = useRef(rest);
  useEffect(() => {
    options.current = rest;
  });
  const key = `${keyPrefix}${userId}`;
  const [restored, setRestored] = useState(false);
  const [problem, setProblem] = useState<ServiceProblem>();
  /** What the address with a short id stands for; while nothing is changed, it stays. */
  const opened = useRef<string>(undefined);

  const restore = useCallback(async () => {
    const { onRestore, openShared, describe } = options.current;
    const { search, hash } = window.location;
    const found: Addressed = await readAddress(search, hash);
    if (found.kind === "state") onRestore(found.state);
    else if (found.kind === "nothing") {
      const kept = readKept(key);
      if (kept) onRestore(kept);
    } else if (found.kind === "damaged") setProblem(damaged);
    else {
      try {
        const shared = fromDocument(await unpack(await openShared(found.id)));
        if (shared) {
          opened.current = JSON.stringify(toDocument(shared, true));
          onRestore(shared);
        } else setProblem(damaged);
      } catch (cause) {
        setProblem(describe(cause));
      }
    }
  }, [key]);

  useEffect(() => {
    void restore().finally(() => setRestored(true));
    // A link that is pasted into this tab loads nothing anew.
    const again = () => void restore();
    window.addEventListener("hashchange", again);
    return () => window.removeEventListener("hashchange", again);
  }, [restore]);

  useEffect(() => {
    if (!restored) return;
    let current = true;
    const timer = setTimeout(async () => {
      keep(key, state);
      if (opened.current === JSON.stringify(toDocument(state, true))) return;
      const hash = await hashOf(state);
      if (!current) return;
      // Too long for a link: a reload brings it back from what this browser kept, and "share" asks the service.
      const wanted = hash ?? "";
      if (wanted !== window.location.hash || window.location.search !== "") {
        window.history.replaceState(null, "", window.location.pathname + wanted);
      }
    }, 250);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [state, restored, key]);

  return { restored, problem };
}

function readKept(key: string): Conversation | undefined {
  try {
    return fromDocument(JSON.parse(localStorage.getItem(key) ?? "null"));
  } catch {
    return undefined;
  }
}

function keep(key: string, state: Conversation): void {
  try {
    if (isEmpty(state)) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify(toDocument(state, true)));
  } catch {
    // Storage may be full or forbidden; the address still holds it.
  }
}
