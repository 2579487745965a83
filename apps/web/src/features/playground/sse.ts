/**
 * Reads server-sent events from a stream of text that is cut anywhere: yields the `data` of each event, its lines
 * joined. (WHATWG HTML, section 9.2.6; other fields are not used by the API.)
 */
export async function* readEvents(chunks: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = "";
  let data: string[] = [];
  for await (const chunk of chunks) {
    rest += chunk;
    for (;;) {
      const end = /\r\n|\n|\r(?!$)/.exec(rest);
      if (!end) break;
      const line = rest.slice(0, end.index);
      rest = rest.slice(end.index + end[0].length);
      if (line === "") {
        if (data.length > 0) yield data.join("\n");
        data = [];
      } else if (line.startsWith("data:")) {
        data.push(line.slice(line[5] === " " ? 6 : 5));
      }
    }
  }
}

/** The text of a response body, decoded as it comes, without splitting a character. */
export async function* readText(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield decoder.decode(value, { stream: true });
    }
  } finally {
    // Leaving early, by stop or by an error, also stops the generation at the other end.
    await reader.cancel().catch(() => undefined);
  }
}
