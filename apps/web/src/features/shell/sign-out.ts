import { toast } from "../../ui/toast.tsx";
import { ask, RequestError } from "../service/request.ts";

export async function signOut(): Promise<void> {
  try {
    await ask("/api/session", { method: "DELETE" });
    window.location.assign("/sign-in");
  } catch (cause) {
    const problem = cause instanceof RequestError ? cause.problem : undefined;
    toast({ tone: "bad", text: "You could not be signed out.", hint: problem?.message });
  }
}
