import type { Answering, ChoiceEvent } from "./generation.ts";

/** How a kind of answer looks as server-sent events. Each method gives JSON documents, one for each event. */
export interface ChunkWriter {
  begin(): readonly object[];
  chunks(events: readonly ChoiceEvent[]): readonly object[];
  /** @param told what else the last document says, beside what OpenAI's does */
  end(generation: Answering, told: object): readonly object[];
}

export interface StreamHooks {
  /** Waited for before the last bytes are sent: what was used is recorded by then. @returns what the answer tells of it */
  readonly settle: (outcome: "done" | "error") => Promise<object>;
  /** Words an error that comes after the answer has begun. */
  readonly onError: (error: unknown) => object;
  /** Called once: all was sent, the client went away, or an error was sent. */
  readonly onEnd: (outcome: "done" | "aborted" | "error") => void;
}

/**
 * A generation as a body of server-sent events. It is pulled: nothing is taken from the generation while the client has
 * not read what it was sent, and a client that goes away cancels it.
 */
export function eventStream(
  generation: Answering,
  writer: ChunkWriter,
  hooks: StreamHooks,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const write = (controller: ReadableStreamDefaultController<Uint8Array>, documents: readonly object[], tail = "") => {
    const text = documents.map((document) => `data: ${JSON.stringify(document)}\n\n`).join("") + tail;
    if (text !== "") controller.enqueue(encoder.encode(text));
    return text !== "";
  };
  return new ReadableStream(
    {
      start(controller) {
        write(controller, writer.begin());
      },
      async pull(controller) {
        try {
          for (;;) {
            const events = await generation.next();
            if (events === undefined) {
              const told = await hooks.settle("done");
              write(controller, writer.end(generation, told), "data: [DONE]\n\n");
              controller.close();
              hooks.onEnd("done");
              return;
            }
            // A pull that enqueues nothing is not called again.
            if (write(controller, writer.chunks(events))) return;
          }
        } catch (error) {
          await hooks.settle("error");
          write(controller, [hooks.onError(error)]);
          controller.close();
          hooks.onEnd("error");
        }
      },
      cancel() {
        generation.cancel();
        hooks.onEnd("aborted");
      },
    },
    { highWaterMark: 0 },
  );
}
