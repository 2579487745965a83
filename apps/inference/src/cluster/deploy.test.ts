/** The files of `deploy/`: they parse, they are what an orchestrator takes, and they set what the service reads. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { parse, parseAllDocuments, stringify } from "yaml";
import { z } from "zod";
import { readEnv, repositoryRoot } from "../env.ts";

const folder = join(repositoryRoot, "deploy");
const chart = join(folder, "helm/tugboat");

const probe = z.strictObject({
  httpGet: z.strictObject({ path: z.literal("/health"), port: z.string() }).optional(),
  tcpSocket: z.strictObject({ port: z.string() }).optional(),
  periodSeconds: z.int().min(1),
  timeoutSeconds: z.int().min(1),
  failureThreshold: z.int().min(1),
});
const labels = z.record(z.string(), z.string());
const metadata = z.strictObject({ name: z.string(), labels });
const variable = z.strictObject({
  name: z.string(),
  value: z.string().optional(),
  valueFrom: z.strictObject({ fieldRef: z.strictObject({ fieldPath: z.string() }) }).optional(),
});
const container = z.strictObject({
  name: z.string(),
  image: z.string().regex(/^[\w./-]+:[\w.-]+$/),
  imagePullPolicy: z.enum(["Always", "IfNotPresent", "Never"]),
  command: z.array(z.string()).optional(),
  securityContext: z.strictObject({
    allowPrivilegeEscalation: z.literal(false),
    capabilities: z.strictObject({ drop: z.tuple([z.literal("ALL")]) }),
  }),
  envFrom: z.tuple([z.strictObject({ secretRef: z.strictObject({ name: z.string() }) })]).optional(),
  env: z.array(variable),
  ports: z.array(z.strictObject({ name: z.string(), containerPort: z.int() })),
  startupProbe: probe,
  livenessProbe: probe,
  readinessProbe: probe,
  resources: z.strictObject({
    requests: z.strictObject({ cpu: z.string(), memory: z.string() }),
    limits: z.strictObject({ memory: z.string() }),
  }),
  volumeMounts: z.array(z.strictObject({ name: z.string(), mountPath: z.string() })),
});
const deployment = z.strictObject({
  apiVersion: z.literal("apps/v1"),
  kind: z.literal("Deployment"),
  metadata,
  spec: z.strictObject({
    replicas: z.int().min(1),
    selector: z.strictObject({ matchLabels: labels }),
    template: z.strictObject({
      metadata: z.strictObject({ labels }),
      spec: z.strictObject({
        terminationGracePeriodSeconds: z.int(),
        automountServiceAccountToken: z.literal(false),
        securityContext: z.strictObject({
          runAsNonRoot: z.literal(true),
          runAsUser: z.int(),
          fsGroup: z.int(),
          seccompProfile: z.strictObject({ type: z.literal("RuntimeDefault") }),
        }),
        containers: z.tuple([container]),
        volumes: z.array(
          z.strictObject({ name: z.string(), persistentVolumeClaim: z.strictObject({ claimName: z.string() }) }),
        ),
      }),
    }),
  }),
});
const service = z.strictObject({
  apiVersion: z.literal("v1"),
  kind: z.literal("Service"),
  metadata,
  spec: z.strictObject({
    selector: labels,
    ports: z.array(z.strictObject({ name: z.string(), port: z.int(), targetPort: z.string() })),
  }),
});
const claim = z.strictObject({
  apiVersion: z.literal("v1"),
  kind: z.literal("PersistentVolumeClaim"),
  metadata,
  spec: z.strictObject({
    accessModes: z.tuple([z.literal("ReadWriteMany")]),
    storageClassName: z.string(),
    resources: z.strictObject({ requests: z.strictObject({ storage: z.string() }) }),
  }),
});
const peer = z.strictObject({ podSelector: z.strictObject({ matchLabels: labels }) });
const policy = z.strictObject({
  apiVersion: z.literal("networking.k8s.io/v1"),
  kind: z.literal("NetworkPolicy"),
  metadata,
  spec: z.strictObject({
    podSelector: z.strictObject({ matchLabels: labels }),
    policyTypes: z.tuple([z.literal("Ingress")]),
    ingress: z.array(
      z.strictObject({ from: z.array(peer).optional(), ports: z.array(z.strictObject({ port: z.string() })) }),
    ),
  }),
});
const manifest = z.discriminatedUnion("kind", [deployment, service, claim, policy]);
type Deployment = z.output<typeof deployment>;

/**
 * Renders a template as Helm does, for the few things that our templates use: values, `quote`, the release's name and
 * `toYaml … | nindent`. Anything else is refused, so that what is tested is what Helm makes of it.
 */
function render(template: string, values: unknown, release: string): string {
  const text = template.replace(/\{\{-? ?(.*?) ?\}\}/g, (_, expression: string) => {
    const block = /^toYaml \.Values\.([\w.]+) \| nindent (\d+)$/.exec(expression);
    if (block) {
      const indent = " ".repeat(Number(block[2]));
      return `\n${indent}${stringify(at(values, block[1])).trimEnd().replaceAll("\n", `\n${indent}`)}`;
    }
    if (expression === ".Release.Name") return release;
    const [, path, quote] = /^\.Values\.([\w.]+)( \| quote)?$/.exec(expression) ?? [];
    const value = path === undefined ? undefined : at(values, path);
    if (typeof value !== "string" && typeof value !== "number") throw new Error(`not rendered: ${expression}`);
    return quote ? JSON.stringify(String(value)) : String(value);
  });
  if (text.includes("{{")) throw new Error("something was not rendered");
  return text;
}

function at(values: unknown, path = ""): unknown {
  return path.split(".").reduce((value, key) => z.looseObject({}).parse(value)[key], values);
}

async function rendered() {
  const values: unknown = parse(await readFile(join(chart, "values.yaml"), "utf8"));
  const names = await readdir(join(chart, "templates"));
  const texts = await Promise.all(names.map((name) => readFile(join(chart, "templates", name), "utf8")));
  return texts.flatMap((text) =>
    parseAllDocuments(render(text, values, "tug")).map((document) => {
      expect(document.errors).toEqual([]);
      return manifest.parse(document.toJS());
    }),
  );
}

/** What the deployment's secret holds. */
const secret = {
  DATABASE_URL: "postgresql://x@y/z",
  REDIS_URL: "redis://y:6379",
  TUGBOAT_ENGINE_SECRET: "x".repeat(32),
};

function environment({ spec }: Deployment): Record<string, string> {
  const { env } = spec.template.spec.containers[0];
  const fields = new Map(env.filter(({ valueFrom }) => valueFrom).map(({ name }) => [name, "10.0.0.7"]));
  const value = (text: string) => text.replace(/\$\((\w+)\)/g, (_, name: string) => fields.get(name) ?? "?");
  return Object.fromEntries(env.flatMap((one) => (one.value === undefined ? [] : [[one.name, value(one.value)]])));
}

it("the chart is what Kubernetes takes, with each part scaled by itself", async () => {
  const all = await rendered();
  const deployments = all.filter((one) => one.kind === "Deployment");
  const claims = all.flatMap((one) => (one.kind === "PersistentVolumeClaim" ? [one.metadata.name] : []));
  const part = ({ metadata: { labels } }: Deployment) => labels["app.kubernetes.io/component"] ?? "";
  expect(deployments.map(part).toSorted()).toEqual(["console", "edge", "engine", "jobs"]);
  for (const { metadata: named, spec } of deployments) {
    const { containers, volumes } = spec.template.spec;
    const [only] = containers;
    expect(spec.selector.matchLabels).toEqual(spec.template.metadata.labels);
    expect(named.labels).toEqual(spec.selector.matchLabels);
    const ports = only.ports.map(({ name }) => name);
    for (const { httpGet, tcpSocket } of [only.startupProbe, only.livenessProbe, only.readinessProbe]) {
      expect(ports).toContain((httpGet ?? tcpSocket)?.port);
    }
    expect(only.volumeMounts.map(({ name }) => name)).toEqual(volumes.map(({ name }) => name));
    for (const { persistentVolumeClaim } of volumes) expect(claims).toContain(persistentVolumeClaim.claimName);
  }
  for (const one of all) {
    if (one.kind !== "Service") continue;
    const { selector } = one.spec;
    const target = deployments.find((other) => part(other) === selector["app.kubernetes.io/component"]);
    expect(target?.spec.template.metadata.labels).toEqual(selector);
    const ports = target?.spec.template.spec.containers[0].ports.map(({ name }) => name);
    for (const { targetPort } of one.spec.ports) expect(ports).toContain(targetPort);
  }
});

it("the chart sets what the service reads", async () => {
  for (const one of await rendered()) {
    if (one.kind !== "Deployment") continue;
    const component = one.metadata.labels["app.kubernetes.io/component"] ?? "";
    const set = environment(one);
    if (component === "console") {
      expect(set).toEqual({ TUGBOAT_HOME: "/data", TUGBOAT_API_URL: "http://tug-edge:4000" });
      continue;
    }
    const env = readEnv({ ...secret, ...set });
    expect([...env.TUGBOAT_ROLES]).toEqual([component]);
    expect(env.TUGBOAT_API_HOST).toBe("0.0.0.0");
    for (const name of Object.keys(set)) expect(Object.keys(env)).toContain(name);
    if (component === "engine") expect(env.TUGBOAT_ENGINE_ADDRESS).toBe("10.0.0.7:4100");
  }
});

const composed = z.strictObject({
  name: z.string(),
  "x-part": z.unknown(),
  "x-environment": z.unknown(),
  volumes: z.record(z.string(), z.null()),
  services: z.record(
    z.string(),
    z.strictObject({
      build: z.strictObject({ context: z.string(), dockerfile: z.string() }).optional(),
      image: z.string(),
      restart: z.literal("unless-stopped"),
      stop_grace_period: z.string().optional(),
      command: z.array(z.string()).optional(),
      environment: z.record(z.string(), z.string()).optional(),
      ports: z.array(z.string().regex(/^\d+:\d+$/)).optional(),
      volumes: z.array(z.string()).optional(),
      depends_on: z
        .record(z.string(), z.strictObject({ condition: z.enum(["service_healthy", "service_started"]) }))
        .optional(),
      healthcheck: z
        .strictObject({ test: z.array(z.string()), interval: z.string(), timeout: z.string(), retries: z.int() })
        .optional(),
    }),
  ),
});

it("the compose file starts each part with what it reads", async () => {
  const text = await readFile(join(folder, "compose.yaml"), "utf8");
  const file = composed.parse(parse(text, { merge: true }));
  expect(Object.keys(file.services).toSorted()).toEqual(["console", "edge", "engine", "jobs", "postgres", "redis"]);
  const given = (value: string) =>
    value.replace(/\$\{\w+:([?-])([^}]*)\}/g, (_, kind, rest) => (kind === "-" ? rest : "x".repeat(32)));
  for (const [name, { depends_on = {}, environment = {}, volumes = [] }] of Object.entries(file.services)) {
    for (const [other, { condition }] of Object.entries(depends_on)) {
      expect(Object.keys(file.services)).toContain(other);
      if (condition === "service_healthy") expect(file.services[other]?.healthcheck).toBeDefined();
    }
    for (const volume of volumes) expect(Object.keys(file.volumes)).toContain(volume.split(":")[0]);
    if (environment.TUGBOAT_ROLES === undefined) continue;
    const env = readEnv(Object.fromEntries(Object.entries(environment).map(([key, value]) => [key, given(value)])));
    expect([...env.TUGBOAT_ROLES]).toEqual([name]);
    for (const key of Object.keys(environment)) expect(Object.keys(env)).toContain(key);
  }
});
