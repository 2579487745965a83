import { problemFrom } from "../../../../server/answer.ts";
import { callApi } from "../../../../server/api.ts";

interface Context {
  readonly params: Promise<{ readonly name: string }>;
}

/** Streams a version of a dataset from the service as a file. */
export async function GET(request: Request, { params }: Context): Promise<Response> {
  const { name } = await params;
  try {
    const { search } = new URL(request.url);
    const answer = await callApi(`/api/dataset-exports/${encodeURIComponent(name)}${search}`, {
      from: request.headers,
      signal: request.signal,
    });
    const headers = new Headers();
    for (const header of ["content-type", "content-disposition", "cache-control"]) {
      const value = answer.headers.get(header);
      if (value !== null) headers.set(header, value);
    }
    return new Response(answer.body, { status: answer.status, headers });
  } catch (cause) {
    return problemFrom(cause, request.signal);
  }
}
