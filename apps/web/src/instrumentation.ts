/** Runs once when the console's server starts. */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME !== "nodejs") return;
  const { tellVisitors } = await import("./server/visitor.ts");
  tellVisitors();
  const { startRecording } = await import("./server/history.ts");
  startRecording();
}
