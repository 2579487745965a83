import { type CommentInfo, commentKinds } from "@tugboat/db";
import { z } from "zod";
import { namesOf } from "../actors.ts";
import type { NameOf } from "../dataset-shapes.ts";
import { id, moment } from "../shapes.ts";
import { orgProcedure, router } from "../trpc.ts";

const subject = z.object({ kind: z.enum(commentKinds), subjectId: id });
const comment = z.object({
  id,
  body: z.string(),
  /** The ids of the people it names. */
  mentions: z.array(id),
  createdBy: z.string(),
  createdByName: z.string(),
  createdAt: moment,
  resolvedAt: moment.nullable(),
});

/** What people say about versions of prompts, examples and scores. */
export const commentsRouter = router({
  list: orgProcedure("datasets:read")
    .input(subject)
    .output(z.object({ comments: z.array(comment) }))
    .query(async ({ ctx, input }) => {
      const comments = await ctx.scope.comments.list(input.kind, input.subjectId);
      const nameOf = await namesOf(
        ctx,
        comments.map(({ createdBy }) => createdBy),
      );
      return { comments: comments.map((one) => shown(one, nameOf)) };
    }),

  add: orgProcedure("datasets:write")
    .input(
      subject.extend({
        body: z.string().trim().min(1, "Say something.").max(5000),
        mentions: z.array(id).max(50).default([]),
      }),
    )
    .output(comment)
    .mutation(({ ctx, input }) =>
      ctx.change(async (scope) => {
        const made = await scope.comments.add({ ...input, createdBy: ctx.actor });
        const nameOf = await namesOf(ctx, [ctx.actor]);
        const { kind, subjectId } = input;
        return { subject: subjectId, after: { kind, mentions: made.mentions }, result: shown(made, nameOf) };
      }),
    ),

  resolve: orgProcedure("datasets:write")
    .input(z.object({ id }))
    .output(comment)
    .mutation(({ ctx, input }) =>
      ctx.change(async (scope) => {
        const made = await scope.comments.resolve(input.id);
        const nameOf = await namesOf(ctx, [made.createdBy]);
        return { subject: input.id, result: shown(made, nameOf) };
      }),
    ),
});

function shown({ createdAt, mentions, resolvedAt, ...one }: CommentInfo, nameOf: NameOf): z.output<typeof comment> {
  return {
    ...one,
    mentions: [...mentions],
    createdByName: nameOf(one.createdBy),
    createdAt: createdAt.toISOString(),
    resolvedAt: resolvedAt?.toISOString() ?? null,
  };
}
