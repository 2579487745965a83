import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { sampleCsv, sampleName } from "@tugboat/tuning";
import { expect, it } from "vitest";
import { repositoryRoot } from "../../env.ts";

const recipe = join(repositoryRoot, "recipes", sampleName);

it("is the file that the guides use", async () => {
  expect(await readFile(join(recipe, `${sampleName}.csv`), "utf8")).toBe(sampleCsv());
});

it("is declared as the README shows", async () => {
  const declared = await readFile(join(recipe, "task.yaml"), "utf8");
  expect(await readFile(join(repositoryRoot, "README.md"), "utf8")).toContain(`task.yaml\n${declared}\`\`\``);
});
