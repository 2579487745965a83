import { basename } from "node:path";
import { CatalogError } from "./errors.ts";

const namePattern = /^[A-Za-z0-9][\w.:-]{0,127}$/;

/** `models/tug-small/tug-small-q8_0.gguf` → `tug-small-q8_0`. */
export function defaultName(source: string): string {
  return basename(source.replace(/\/+$/, ""))
    .replace(/(-\d{5}-of-\d{5})?\.gguf$/, "")
    .replaceAll(/[^\w.:-]/g, "-");
}

/** @throws CatalogError `bad-name` */
export function checkName(name: string): void {
  if (namePattern.test(name)) return;
  throw new CatalogError("bad-name", `"${name}" can't be a model's name.`, {
    hint: "A name has 1 to 128 letters, digits and . _ : - and begins with a letter or digit; set one with --name.",
  });
}
