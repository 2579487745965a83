// npm run docs:permissions: prints the permission table into docs/permissions.md.
import { writeFile } from "node:fs/promises";
import { permissionsDocument } from "../src/domain/permissions-document.ts";
import { repositoryRoot } from "../src/env.ts";

await writeFile(`${repositoryRoot}/docs/permissions.md`, permissionsDocument());
