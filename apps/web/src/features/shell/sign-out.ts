import { toast } from "../../ui/toast.tsx";
import { ask, RequestError } from "../service/request.ts";

export async function signOut(): Promise<void> {
  try {
    await ask("/api/auth/sign-out", { method: "POST" });
    window.location.assign("/sign-in");
  } catch (cause) {
    const problem = cause instanceof RequestError ? cause.problem : undefined;
    toast({ tone: "bad", text: "You could not be signed out.", hint: problem?.message });
  }
}
