/**
 * Makes the models under `models/` from their sources:
 * `npx tsx --conditions=@tugboat/source packages/engine/scripts/convert-starter-models.ts --from <folder> [--type q8_0] [--out models]`
 * where the folder holds `tug-nano/` and `tug-small/` as Hugging Face folders.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import { convertModel } from "../src/formats/convert/convert.ts";
import { encodedTypes } from "../src/formats/convert/encoding.ts";
import { text } from "../src/formats/convert/key-values.ts";
import { createFile, openModelFiles } from "../src/node/files.ts";

const { values } = parseArgs({
  options: {
    from: { type: "string" },
    out: { type: "string", default: "models" },
    type: { type: "string", default: "q8_0" },
  },
});
const options = z.object({ from: z.string(), out: z.string(), type: z.enum(encodedTypes) }).parse(values);

for (const name of ["tug-nano", "tug-small"]) {
  const model = await openModelFiles(join(options.from, name));
  const folder = join(options.out, name);
  await mkdir(folder, { recursive: true });
  const path = join(folder, `${name}-${options.type}.gguf`);
  const file = await createFile(path);
  try {
    await convertModel(model, file, {
      type: options.type,
      name,
      metadata: new Map([
        ["general.author", text("Tugboat")],
        ["general.license", text("other")],
        ["general.license.name", text("Terms of the training texts: see README.md")],
      ]),
    });
    await file.finish();
  } catch (error) {
    await file.discard();
    throw error;
  } finally {
    await model.close();
  }
  console.log(path);
}
