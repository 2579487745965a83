import { describe, expect, test } from "vitest";
import { importsOf, rooms, violations } from "./imports.mjs";

const room = (folder) => rooms.find((each) => each.folder === folder);

describe("the imports of a file", () => {
  test("are found in every form, and comments and other strings are not taken for them", () => {
    const source = `
      import a from "a"; import { b } from 'b';
      import type { C } from "c"; import { type D, type E } from "d"; import { type F, g } from "e";
      import "side-effect";
      export * from "f"; export { h } from "h"; export type { I } from "i";
      const j = await import("j"); let k: typeof import("k"); const l = require("l");
      import {
        m,
      } from "m";
      // import n from "n"
      /* import o from "o" */
      const p = "https://example.com/ import q from 'q'"; export const r = "s";
    `;
    const found = Object.fromEntries(importsOf(source).map(({ module, typesOnly }) => [module, typesOnly]));
    expect(found).toEqual({
      a: false,
      b: false,
      c: true,
      d: true,
      e: false,
      "side-effect": false,
      f: false,
      h: false,
      i: true,
      j: false,
      k: true,
      l: false,
      m: false,
    });
  });
});

describe("the direction of imports", () => {
  test.each([
    ["packages/kernels", 'import { Engine } from "@tugboat/engine";', "@tugboat/engine"],
    ["packages/engine", 'import { openDatabase } from "@tugboat/db";', "@tugboat/db"],
    ["packages/engine", 'const x = await import("@tugboat/inference/client");', "@tugboat/inference"],
    ["packages/db", 'import type { Engine } from "@tugboat/engine";', "@tugboat/engine"],
    ["apps/inference", 'import { Page } from "@tugboat/web";', "@tugboat/web"],
    ["apps/web", 'import { client } from "@tugboat/inference/client";', "more than types"],
    ["apps/web", 'export { client } from "@tugboat/inference/client";', "more than types"],
    ["apps/web", 'import { openDatabase } from "@tugboat/db";', "@tugboat/db"],
    ["packages/engine", 'import { x } from "../../kernels/src/device.ts";', "reaches out"],
    ["packages/kernels", 'import { readFile } from "node:fs/promises";', "needs Node"],
    ["packages/kernels", 'import { create } from "webgpu";', "needs Node"],
    ["packages/kernels", 'import fs from "fs";', "needs Node"],
    ["packages/engine", 'import { openModel } from "./node/index.ts";', "needs Node"],
    ["packages/engine", 'import { createDevice } from "@tugboat/kernels/node";', "needs Node"],
    ["packages/engine", "const bytes = Buffer.from(text);", "needs Node"],
    ["packages/engine", "if (process.env.DEBUG) log();", "needs Node"],
  ])("in %s refuses %s", (folder, source, problem) => {
    expect(violations(room(folder), "src/x.ts", source).join()).toContain(problem);
  });

  test.each([
    [
      "apps/inference",
      "src/x.ts",
      'import { loadEngine } from "@tugboat/engine"; import { openDatabase } from "@tugboat/db";',
    ],
    ["apps/web", "src/x.ts", 'import type { Client } from "@tugboat/inference/client";'],
    [
      "packages/engine",
      "src/x.ts",
      'import type { Device } from "@tugboat/kernels"; import { ops } from "@tugboat/kernels";',
    ],
    [
      "packages/engine",
      "src/node/files.ts",
      'import { open } from "node:fs/promises"; import { x } from "../engine.ts";',
    ],
    ["packages/engine", "src/x.test.ts", 'import { readFileSync } from "node:fs"; readFileSync(process.argv[1]);'],
    ["packages/kernels", "src/x.ts", 'const text = "process.exit(1)"; task.process.now(); // Buffer.from'],
    ["packages/kernels", "src/x.ts", 'import type { Worker } from "node:worker_threads";'],
  ])("in %s allows %s", (folder, path, source) => {
    expect(violations(room(folder), path, source)).toEqual([]);
  });
});
