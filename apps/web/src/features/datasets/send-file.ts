import { ask } from "../service/request.ts";

/** Sends a file or what was pasted. @returns the id by which it is inspected and imported; @throws RequestError */
export async function sendFile(content: Blob): Promise<string> {
  const answer = await ask("/api/dataset-files", {
    method: "POST",
    headers: { "content-type": "application/octet-stream" },
    body: content,
  });
  // The console's own route answers with what the service says.
  const { id } = (await answer.json()) as { id: string };
  return id;
}
