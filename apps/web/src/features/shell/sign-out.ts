import { toast } from "../../ui/toast.tsx";
import { ask, RequestError } from "../service/request.ts";

export async function signOut(): Promise<void> {
  try {
    await ask("/api/auth/sign-out", { method: "POST" });
    // Whoever signs out by themselves leaves no drafts behind at this browser; a session that merely ended does.
    for (const key of Object.keys(localStorage))
      if (key.startsWith("tugboat.playground.")) localStorage.removeItem(key);
    window.location.assign("/sign-in");
  } catch (cause) {
    const problem = cause instanceof RequestError ? cause.problem : undefined;
    toast({ tone: "bad", text: "You could not be signed out.", hint: problem?.message });
  }
}
