import { problemFrom } from "../../../../server/answer.ts";
import { callApi } from "../../../../server/api.ts";

const handedOn = [
  "content-type",
  "content-length",
  "content-range",
  "accept-ranges",
  "etag",
  "repr-digest",
  "cache-control",
];

interface Context {
  readonly params: Promise<{ readonly name: string }>;
}

/** Streams a model's file from the service to a browser that runs the model itself, whole or from where it broke off. */
export async function GET(request: Request, { params }: Context): Promise<Response> {
  const { name } = await params;
  try {
    const answer = await callApi(`/api/model-files/${encodeURIComponent(name)}`, {
      from: request.headers,
      headers: { range: request.headers.get("range"), "if-range": request.headers.get("if-range") },
      signal: request.signal,
      accept: [416],
    });
    const headers = new Headers();
    for (const header of handedOn) {
      const value = answer.headers.get(header);
      if (value !== null) headers.set(header, value);
    }
    return new Response(answer.body, { status: answer.status, headers });
  } catch (cause) {
    return problemFrom(cause, request.signal);
  }
}
