/** Longer lines are no answer of a model. */
const maxLineBytes = 1 << 20;

export class EventFormatError extends Error {
  override readonly name = "EventFormatError";
}

/**
 * The data of server-sent events (WHATWG HTML, 9.2), from pieces of bytes cut anywhere. Comments and other fields are
 * passed over; memory is bounded by one event.
 * @throws EventFormatError for an event beyond the bound or bytes that aren't UTF-8
 */
export async function* eventData(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let rest = "";
  let data: string[] = [];
  let size = 0;
  const bound = (added: number) => {
    size += added;
    if (size > maxLineBytes) throw new EventFormatError(`an event is longer than ${maxLineBytes} bytes`);
  };
  for await (const piece of pieces) {
    const text = decode(decoder, piece);
    rest += text;
    if (size + rest.length > maxLineBytes && !text.includes("\n")) bound(rest.length);
    // A line that comes in a million pieces is not looked through a million times.
    if (!/[\r\n]/.test(text)) continue;
    // A carriage return at the end may be half of a line's end.
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line === "") {
        if (data.length > 0) yield data.join("\n");
        data = [];
        size = 0;
      } else if (line.startsWith("data:")) {
        const text = line.slice(line[5] === " " ? 6 : 5);
        bound(text.length);
        data.push(text);
      }
    }
  }
  if (rest.startsWith("data:")) data.push(rest.slice(rest[5] === " " ? 6 : 5));
  // Some servers leave out the empty line behind the last event.
  if (data.length > 0) yield data.join("\n");
}

function decode(decoder: TextDecoder, piece: Uint8Array): string {
  try {
    return decoder.decode(piece, { stream: true });
  } catch (cause) {
    throw new EventFormatError("a stream is not UTF-8", { cause });
  }
}
