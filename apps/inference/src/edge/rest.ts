import { callTRPCProcedure, TRPCError } from "@trpc/server";
import { getHTTPStatusCodeFromError } from "@trpc/server/http";
import { z } from "zod";
import { type Permission, permissions } from "../domain/permissions.ts";
import { version } from "../env.ts";
import type { Context } from "./trpc/context.ts";
import { RefusedError } from "./trpc/errors.ts";
import { appRouter } from "./trpc/root.ts";

/** A procedure as a REST route: queries are GET with the input as query parameters, mutations POST with it as body. */
export interface RestRoute {
  readonly method: "GET" | "POST";
  readonly path: string;
  /** As tRPC names it: `keys.create`. */
  readonly procedure: string;
  readonly access: Permission | "signed-in";
  readonly input: z.ZodType | undefined;
  readonly output: z.ZodType;
}

const schema = z.custom<z.ZodType>((value) => value instanceof z.ZodType);
const streaming = z.object({ type: z.literal("subscription") });
/** What is read of a procedure; one that lacks any of it can't be served. */
const definition = z.object({
  type: z.enum(["query", "mutation"]),
  meta: z.object({ access: z.enum([...permissions, "signed-in"]) }),
  inputs: z.array(schema).max(1),
  output: schema,
});

const definitions = Object.entries(appRouter._def.procedures).map(
  ([name, made]) => [name, "_def" in made ? made._def : undefined] as const,
);

/** Procedures that answer with a stream of events. They are tRPC's alone: what they tell, a query of REST tells too. */
export const subscriptions: readonly string[] = definitions
  .filter(([, made]) => streaming.safeParse(made).success)
  .map(([name]) => name);

export const restRoutes: readonly RestRoute[] = definitions
  .filter(([name]) => !subscriptions.includes(name))
  .map(([procedure, made]) => {
    const { inputs, meta, output, type } = definition.parse(made);
    const method = type === "query" ? "GET" : "POST";
    const path = `/api/${procedure.replace(".", "/")}`;
    return { method, path, procedure, access: meta.access, input: inputs[0], output };
  });

/** Runs a procedure as its REST route. */
export async function callRest(route: RestRoute, ctx: Context, request: Request): Promise<Response> {
  try {
    const result: unknown = await callTRPCProcedure({
      router: appRouter,
      path: route.procedure,
      getRawInput: () => (route.method === "GET" ? Promise.resolve(readQuery(route, request.url)) : readBody(request)),
      ctx,
      type: route.method === "GET" ? "query" : "mutation",
      signal: request.signal,
      batchIndex: 0,
    });
    return Response.json(result, { headers: { "cache-control": "no-store" } });
  } catch (cause) {
    const error = cause instanceof TRPCError ? cause : new TRPCError({ code: "INTERNAL_SERVER_ERROR", cause });
    const refusal = error instanceof RefusedError ? error.refusal : { reason: error.code.toLowerCase() };
    const internal = error.code === "INTERNAL_SERVER_ERROR";
    const { reason, ...rest } = refusal;
    const message = internal ? "The server had an error while doing this." : error.message;
    return Response.json({ error: { code: reason, message, ...rest } }, { status: getHTTPStatusCodeFromError(error) });
  }
}

/** The query parameters, with those that are numbers or truths by the schema made so. */
function readQuery({ input }: RestRoute, url: string): unknown {
  if (input === undefined) return undefined;
  const { properties = {} } = schemaOf(input, "input");
  const given = [...new URL(url).searchParams].map(([name, text]) => {
    const types = [properties[name]?.type ?? []].flat();
    const numeric = types.includes("number") || types.includes("integer");
    if (numeric && /^-?\d+(\.\d+)?$/.test(text)) return [name, Number(text)];
    if (types.includes("boolean") && (text === "true" || text === "false")) return [name, text === "true"];
    return [name, text];
  });
  return Object.fromEntries(given);
}

async function readBody(request: Request): Promise<unknown> {
  const text = await request.text();
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new RefusedError("BAD_REQUEST", "The body is not JSON.", { reason: "invalid" });
  }
}

const objectSchema = z.looseObject({
  properties: z
    .record(z.string(), z.looseObject({ type: z.union([z.string(), z.array(z.string())]).optional() }))
    .optional(),
  required: z.array(z.string()).optional(),
  $defs: z.record(z.string(), z.looseObject({})).optional(),
});
type ObjectSchema = z.output<typeof objectSchema>;

function schemaOf(schema: z.ZodType, io: "input" | "output"): ObjectSchema {
  const plain = schema instanceof z.ZodOptional ? schema.unwrap() : schema;
  if (!(plain instanceof z.ZodType)) throw new Error("An optional schema holds no schema.");
  const { $schema: _, ...json } = z.toJSONSchema(plain, { io, unrepresentable: "any" });
  return objectSchema.parse(json);
}

/** The OpenAPI 3.1 document of the management API, made from the procedures. */
export function openApiDocument(serverUrl: string) {
  const recursive: Record<string, unknown> = {};
  const paths = Object.fromEntries(
    restRoutes.map((route) => [route.path, { [route.method.toLowerCase()]: operation(route, recursive) }]),
  );
  return {
    openapi: "3.1.0",
    info: { title: "Tugboat", version, description: "The management API. Models are called by the OpenAI API at /v1." },
    servers: [{ url: serverUrl }],
    paths,
    components: {
      securitySchemes: { key: { type: "http", scheme: "bearer", description: "An API key: tug_…" } },
      schemas: {
        ...recursive,
        Error: {
          type: "object",
          required: ["error"],
          properties: {
            error: {
              type: "object",
              required: ["code", "message"],
              properties: {
                code: { type: "string" },
                message: { type: "string" },
                hint: { type: "string" },
                fields: { type: "object", additionalProperties: { type: "string" } },
                changedBy: { type: "string" },
              },
            },
          },
        },
      },
    },
  };
}

/**
 * A schema as a part of the document: what it defines for itself (a value that holds values of its kind) becomes one of the
 * document's schemas, since a reference counts from the document's root.
 * @param into the document's schemas
 */
function placed(schema: ObjectSchema, name: string, into: Record<string, unknown>): ObjectSchema {
  const { $defs, ...own } = schema;
  if ($defs === undefined) return schema;
  const moved = (json: object): unknown =>
    JSON.parse(JSON.stringify(json).replaceAll('"#/$defs/', `"#/components/schemas/${name}.`));
  for (const [key, definition] of Object.entries($defs)) into[`${name}.${key}`] = moved(definition);
  return objectSchema.parse(moved(own));
}

function operation({ access, input, method, output, path, procedure }: RestRoute, schemas: Record<string, unknown>) {
  const taken = input && placed(schemaOf(input, "input"), `${procedure}.input`, schemas);
  const given = placed(schemaOf(output, "output"), `${procedure}.output`, schemas);
  const query = Object.entries(taken?.properties ?? {}).map(([name, schema]) => ({
    name,
    in: "query",
    required: taken?.required?.includes(name) ?? false,
    schema,
  }));
  return {
    operationId: procedure,
    tags: [path.split("/")[2]],
    description: access === "signed-in" ? "Needs a session." : `Needs \`${access}\`.`,
    "x-permission": access,
    security: [{ key: [] }],
    ...(method === "GET" && query.length > 0 && { parameters: query }),
    ...(method === "POST" &&
      taken && { requestBody: { required: true, content: { "application/json": { schema: taken } } } }),
    responses: {
      200: { description: "Done.", content: { "application/json": { schema: given } } },
      default: {
        description: "Refused.",
        content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } },
      },
    },
  };
}
