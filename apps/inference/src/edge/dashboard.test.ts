import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { z } from "zod";
import { repositoryRoot } from "../env.ts";
import { Metrics } from "./metrics.ts";

const dashboard = z.object({
  panels: z.array(z.object({ title: z.string(), targets: z.array(z.object({ expr: z.string() })).min(1) })),
  templating: z.object({ list: z.array(z.object({ definition: z.string().optional() })) }),
});

it("the Grafana dashboard asks for metrics that the service tells, by the labels that they have", async () => {
  const metrics = new Metrics(() => []);
  metrics.jobs(async () => []);
  metrics.traces(() => ({ recorded: 0, dropped: 0 }));
  const { body } = await metrics.text();
  const told = new Map([...body.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name = "", type = ""]) => [name, type]));
  const known = new Set(
    [...told].flatMap(([name, type]) =>
      type === "histogram" ? ["_bucket", "_sum", "_count"].map((end) => name + end) : [name],
    ),
  );
  const file = await readFile(`${repositoryRoot}/deploy/grafana/tugboat.json`, "utf8");
  const { panels, templating } = dashboard.parse(JSON.parse(file));
  const queries = [
    ...panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
    ...templating.list.flatMap(({ definition }) => definition ?? []),
  ];
  expect(queries.length).toBeGreaterThan(15);
  for (const query of queries) {
    const named = query.match(/tugboat_\w+/g) ?? [];
    expect(named.length, query).toBeGreaterThan(0);
    for (const name of named) expect(known.has(name), `${name} in ${query}`).toBe(true);
    // Each bracket that opens closes: a query that can't be parsed shows an empty panel.
    for (const [open, close] of ["()", "{}", "[]"].map((pair) => [...pair])) {
      expect(query.split(open ?? "").length, query).toBe(query.split(close ?? "").length);
    }
  }
});
