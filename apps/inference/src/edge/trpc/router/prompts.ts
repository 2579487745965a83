import {
  type LabelMove,
  moveStates,
  type OrganizationScope,
  type PromptInfo,
  type PromptVersionInfo,
} from "@tugboat/db";
import { z } from "zod";
import { checkLabelMove } from "../../../domain/evaluations/guard.ts";
import { contentDigest, promptContent } from "../../../domain/prompts/content.ts";
import { namesOf } from "../actors.ts";
import { type NameOf, slug } from "../dataset-shapes.ts";
import { id, moment } from "../shapes.ts";
import { orgProcedure, router } from "../trpc.ts";

const label = z
  .string()
  .trim()
  .regex(/^[a-z][a-z0-9_-]{0,39}$/, "A label has small letters, digits, _ and -, and begins with a letter.")
  .refine((name) => name !== "latest", "`latest` always is the newest version.");
const reference = z.string().trim().min(1).max(200);

const version = z.object({
  id,
  number: z.int(),
  digest: z.string(),
  content: promptContent,
  note: z.string(),
  createdBy: z.string(),
  createdByName: z.string(),
  createdAt: moment,
});

const prompt = z.object({
  id,
  projectId: id,
  name: z.string(),
  description: z.string(),
  latest: z.int(),
  labels: z.record(z.string(), z.int()),
  createdAt: moment,
  updatedAt: moment,
});

const move = z.object({
  id,
  label: z.string(),
  from: z.int().nullable(),
  to: z.int(),
  state: z.enum(moveStates),
  note: z.string(),
  createdBy: z.string(),
  createdByName: z.string(),
  createdAt: moment,
  decidedByName: z.string().nullable(),
  decidedAt: moment.nullable(),
});

/** Of a project: the labels that move only when a second person agrees. */
const approvalKey = (projectId: string) => `prompts.approval.${projectId}`;
const labels = z.array(label).max(20);

async function guarded(scope: OrganizationScope, projectId: string): Promise<string[]> {
  return (await scope.settings.get(approvalKey(projectId), labels)) ?? [];
}

export const promptsRouter = router({
  list: orgProcedure("prompts:read")
    .output(z.object({ prompts: z.array(prompt) }))
    .query(async ({ ctx }) => ({ prompts: (await ctx.scope.prompts.list()).map(shownPrompt) })),

  get: orgProcedure("prompts:read")
    .input(z.object({ prompt: reference }))
    .output(
      prompt.extend({
        versions: z.array(version),
        moves: z.array(move),
        /** Labels of its project that move only when a second person agrees. */
        guarded: z.array(z.string()),
      }),
    )
    .query(async ({ ctx, input }) => {
      const found = await ctx.scope.prompts.get(input.prompt);
      const [versions, moves, held] = await Promise.all([
        ctx.scope.prompts.versions(found.id),
        ctx.scope.prompts.moves(found.id),
        guarded(ctx.scope, found.projectId),
      ]);
      const actors = [
        ...versions.map(({ createdBy }) => createdBy),
        ...moves.flatMap((one) => [one.createdBy, one.decidedBy ?? []].flat()),
      ];
      const nameOf = await namesOf(ctx, actors);
      return {
        ...shownPrompt(found),
        versions: versions.map((one) => shownVersion(one, nameOf)),
        moves: moves.map((one) => shownMove(one, nameOf)),
        guarded: held,
      };
    }),

  /** What `name@label` says now. */
  resolve: orgProcedure("prompts:read")
    .input(z.object({ prompt: reference }))
    .output(prompt.extend({ version }))
    .query(async ({ ctx, input }) => {
      const found = await ctx.scope.prompts.resolve(input.prompt);
      const nameOf = await namesOf(ctx, [found.version.createdBy]);
      return { ...shownPrompt(found.prompt), version: shownVersion(found.version, nameOf) };
    }),

  /** Keeps a version: of a new prompt when `seen` is 0 and there is none of that name. */
  save: orgProcedure("prompts:write")
    .input(
      z.object({
        name: slug,
        content: promptContent,
        note: z.string().trim().max(500).default(""),
        description: z.string().trim().max(2000).default(""),
        /** The version that it was made from; 0 for none. */
        seen: z.int().min(0),
        /** By default the oldest project. */
        projectId: id.optional(),
      }),
    )
    .output(z.object({ prompt, version, made: z.boolean() }))
    .mutation(async ({ ctx, input: { content, description, name, note, projectId, seen } }) =>
      ctx.change(async (scope) => {
        const known = (await scope.prompts.list()).find((one) => one.name === name);
        const [first] = await scope.projects.list();
        const found =
          known ??
          (await scope.prompts.create({
            name,
            description,
            projectId: projectId ?? first?.id ?? "",
            createdBy: ctx.actor,
          }));
        const digest = contentDigest(content);
        const saved = z.json().parse(content) ?? {};
        const kept = await scope.prompts.publish(found.id, {
          content: saved,
          digest,
          note,
          createdBy: ctx.actor,
          seen,
        });
        const nameOf = await namesOf(ctx, [kept.version.createdBy]);
        return {
          subject: found.id,
          after: { name, version: kept.version.number, note },
          result: {
            prompt: shownPrompt(await scope.prompts.get(found.id)),
            version: shownVersion(kept.version, nameOf),
            made: kept.made,
          },
        };
      }),
    ),

  remove: orgProcedure("prompts:write")
    .input(z.object({ id }))
    .output(z.object({ id }))
    .mutation(({ ctx, input }) =>
      ctx.change(async (scope) => {
        const { labels, latest, name } = await scope.prompts.get(input.id);
        await scope.prompts.remove(input.id);
        return { subject: input.id, before: { name, versions: latest, labels }, result: { id: input.id } };
      }),
    ),

  /** Points a label to a version; where the project asks for it, a second person must agree first. */
  move: orgProcedure("prompts:write")
    .input(
      z.object({ prompt: reference, label, version: z.int().min(1), note: z.string().trim().max(500).default("") }),
    )
    .output(move)
    .mutation(({ ctx, input }) =>
      ctx.change(async (scope) => {
        const found = await scope.prompts.get(input.prompt);
        const wait = (await guarded(scope, found.projectId)).includes(input.label);
        const { label, note, version: number } = input;
        await checkLabelMove(scope, found, label, number);
        const made = await scope.prompts.move(found.id, { label, number, note, createdBy: ctx.actor, wait });
        const nameOf = await namesOf(ctx, [made.createdBy]);
        return {
          subject: found.id,
          before: { label, version: made.from },
          after: { label, version: made.to, state: made.state },
          result: shownMove(made, nameOf),
        };
      }),
    ),

  /** Approves or declines a move that waits. */
  decide: orgProcedure("prompts:write")
    .input(z.object({ prompt: reference, move: id, approve: z.boolean() }))
    .output(move)
    .mutation(({ ctx, input }) =>
      ctx.change(async (scope) => {
        const found = await scope.prompts.get(input.prompt);
        const wish = (await scope.prompts.moves(found.id)).find((one) => one.id === input.move);
        if (input.approve && wish?.state === "waiting") await checkLabelMove(scope, found, wish.label, wish.to);
        const made = await scope.prompts.decide(found.id, input.move, input.approve, ctx.actor);
        const nameOf = await namesOf(ctx, [made.createdBy, ctx.actor]);
        const { label, state, to } = made;
        return { subject: found.id, after: { label, version: to, state }, result: shownMove(made, nameOf) };
      }),
    ),

  /** Says which labels of a project move only when a second person agrees. */
  guard: orgProcedure("projects:write")
    .input(z.object({ projectId: id, labels }))
    .output(z.object({ labels }))
    .mutation(({ ctx, input }) =>
      ctx.change(async (scope) => {
        const { id: projectId } = await scope.projects.get(input.projectId);
        const before = await guarded(scope, projectId);
        await scope.settings.set(approvalKey(projectId), input.labels);
        return { subject: projectId, before: { labels: before }, after: input, result: { labels: input.labels } };
      }),
    ),
});

function shownPrompt({ createdAt, createdBy: _, labels, updatedAt, ...rest }: PromptInfo): z.output<typeof prompt> {
  return { ...rest, labels: { ...labels }, createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() };
}

function shownVersion(one: PromptVersionInfo, nameOf: NameOf): z.output<typeof version> {
  return {
    ...one,
    content: promptContent.parse(one.content),
    createdByName: nameOf(one.createdBy),
    createdAt: one.createdAt.toISOString(),
  };
}

function shownMove({ createdAt, decidedAt, decidedBy, ...one }: LabelMove, nameOf: NameOf): z.output<typeof move> {
  return {
    ...one,
    createdByName: nameOf(one.createdBy),
    createdAt: createdAt.toISOString(),
    decidedByName: decidedBy === null ? null : nameOf(decidedBy),
    decidedAt: decidedAt?.toISOString() ?? null,
  };
}
