import { DatasetError, headBytes, isSheet, openText } from "@tugboat/records";
import { openSamples, type Samples } from "@tugboat/tuning";

/** A person's file, read where it lies, by the same reader as the service's. @throws DatasetError, TuningError */
export async function blobSamples(content: Blob): Promise<Samples> {
  const head = new Uint8Array(await content.slice(0, headBytes).arrayBuffer());
  if (isSheet(head)) {
    throw new DatasetError(
      "bad-file",
      "A workbook can't be read in the browser.",
      "Save it as CSV, or copy its cells and paste them.",
    );
  }
  return openSamples(await openText(() => chunksOf(content), head));
}

/** Not every browser iterates over streams by itself. */
async function* chunksOf(content: Blob): AsyncGenerator<Uint8Array> {
  const reader = content.stream().getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel();
  }
}
