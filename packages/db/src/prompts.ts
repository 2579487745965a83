import { z } from "zod";
import { type Db, inTransaction } from "./client.ts";
import type { Json } from "./datasets/example.ts";
import { DatabaseError } from "./errors.ts";
import type { Prisma } from "./generated/client.ts";
import { isId } from "./id.ts";
import { DECIDED, type LabelMove, moveOf } from "./prompt-moves.ts";

export interface PromptVersionInfo {
  readonly id: string;
  readonly number: number;
  /** Of its content, in hexadecimal. */
  readonly digest: string;
  readonly content: Json;
  readonly note: string;
  readonly createdBy: string;
  readonly createdAt: Date;
}

export interface PromptInfo {
  readonly id: string;
  readonly projectId: string;
  readonly name: string;
  readonly description: string;
  /** The number of the newest version; 0 before the first. */
  readonly latest: number;
  /** Which version each label points to. */
  readonly labels: Readonly<Record<string, number>>;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface NewPromptVersion {
  readonly content: Json;
  readonly digest: string;
  readonly note?: string;
  readonly createdBy: string;
  /** The number of the version that it was made from; 0 for none. */
  readonly seen: number;
}

export interface NewLabelMove {
  readonly label: string;
  /** Null takes the label away. */
  readonly number: number;
  readonly note?: string;
  readonly createdBy: string;
  /** Wait until somebody else approves. */
  readonly wait: boolean;
}

/** An organization's prompts. Where a prompt is asked for, its id and its name both do. */
export interface Prompts {
  /** By name. */
  list(): Promise<PromptInfo[]>;
  /** @throws DatabaseError `not-found` */
  get(idOrName: string): Promise<PromptInfo>;
  /** @throws DatabaseError `exists`, `not-found` for a project that isn't there */
  create(prompt: {
    readonly name: string;
    readonly description: string;
    readonly projectId: string;
    readonly createdBy: string;
  }): Promise<PromptInfo>;
  /** @throws DatabaseError `not-found` */
  remove(id: string): Promise<void>;
  /** The newest first. @throws DatabaseError `not-found` */
  versions(idOrName: string): Promise<PromptVersionInfo[]>;
  /**
   * Adds a version, or none when the newest says the same.
   * @throws DatabaseError `not-found`; `conflict` when somebody else added one since
   */
  publish(id: string, version: NewPromptVersion): Promise<{ version: PromptVersionInfo; made: boolean }>;
  /**
   * What `name`, `name@latest`, `name@3` and `name@production` mean now.
   * @throws DatabaseError `not-found`
   */
  resolve(reference: string): Promise<{ prompt: PromptInfo; version: PromptVersionInfo }>;
  /** Points a label to a version, or asks for it. @throws DatabaseError `not-found` */
  move(id: string, move: NewLabelMove): Promise<LabelMove>;
  /** The newest first. */
  moves(id: string): Promise<LabelMove[]>;
  /**
   * Approves or declines what waits.
   * @throws DatabaseError `not-found`; `conflict` when it waits no longer; `in-use` for one's own wish
   */
  decide(id: string, moveId: string, approve: boolean, by: string): Promise<LabelMove>;
}

const VERSION = {
  id: true,
  number: true,
  digest: true,
  content: true,
  note: true,
  createdBy: true,
  createdAt: true,
} as const;
const SHOWN = {
  labels: { select: { label: true, number: true } },
  versions: { select: { number: true }, orderBy: { number: "desc" }, take: 1 },
} as const;

type Row = Prisma.PromptGetPayload<{ include: typeof SHOWN }>;

function infoOf({ labels, organizationId: _, versions, ...row }: Row): PromptInfo {
  return {
    ...row,
    latest: versions[0]?.number ?? 0,
    labels: Object.fromEntries(labels.map(({ label, number }) => [label, number])),
  };
}

const json = z.json();

export function promptsOf(db: Db, organizationId: string): Prompts {
  const find = async (client: Db, idOrName: string): Promise<PromptInfo> => {
    const where = isId(idOrName) ? { organizationId, id: idOrName } : { organizationId, name: idOrName };
    const row = await client.prompt.findFirst({ where, include: SHOWN });
    if (row !== null) return infoOf(row);
    throw new DatabaseError("not-found", `There is no prompt ${idOrName}.`, {
      hint: "The page Prompts and `tug prompts list` show them.",
    });
  };
  const lock = async (tx: Prisma.TransactionClient, id: string) => {
    const rows = await tx.$queryRaw<unknown[]>`
      SELECT 1 FROM prompt WHERE id = ${id}::uuid AND organization_id = ${organizationId}::uuid FOR UPDATE`;
    if (rows.length === 0) await find(tx, id);
  };
  const point = async (tx: Prisma.TransactionClient, promptId: string, label: string, number: number) => {
    await tx.promptLabel.upsert({
      where: { promptId_label: { promptId, label } },
      create: { organizationId, promptId, label, number },
      update: { number },
    });
    await tx.prompt.update({ where: { id: promptId }, data: { updatedAt: new Date() } });
  };

  return {
    async list() {
      const rows = await db.prompt.findMany({ where: { organizationId }, include: SHOWN, orderBy: { name: "asc" } });
      return rows.map(infoOf);
    },
    get: (idOrName) => find(db, idOrName),
    async create(prompt) {
      const project = await db.project.findFirst({
        where: { organizationId, id: prompt.projectId },
        select: { id: true },
      });
      if (project === null) throw new DatabaseError("not-found", "There is no such project.");
      const taken = await db.prompt.findFirst({ where: { organizationId, name: prompt.name }, select: { id: true } });
      if (taken !== null) {
        throw new DatabaseError("exists", `There is a prompt ${prompt.name} already.`, {
          hint: "Choose another name, or save a new version of that one.",
        });
      }
      return infoOf(await db.prompt.create({ data: { organizationId, ...prompt }, include: SHOWN }));
    },
    async remove(id) {
      const { count } = await db.prompt.deleteMany({ where: { organizationId, id } });
      if (count === 0) await find(db, id);
    },
    async versions(idOrName) {
      const { id } = await find(db, idOrName);
      const rows = await db.promptVersion.findMany({
        where: { promptId: id },
        select: VERSION,
        orderBy: { number: "desc" },
      });
      return rows.map((row) => ({ ...row, content: json.parse(row.content) }));
    },
    publish: (id, { content, createdBy, digest, note = "", seen }) =>
      inTransaction(db, async (tx) => {
        await lock(tx, id);
        const last = await tx.promptVersion.findFirst({
          where: { promptId: id },
          select: VERSION,
          orderBy: { number: "desc" },
        });
        if (seen !== (last?.number ?? 0)) {
          const message = `The prompt has version ${last?.number ?? 0} meanwhile; this was made from ${seen}.`;
          throw new DatabaseError("conflict", message, {
            subject: id,
            hint: "Look at it, then save yours on top of it.",
          });
        }
        if (last !== null && last.digest === digest) {
          return { version: { ...last, content: json.parse(last.content) }, made: false };
        }
        const number = seen + 1;
        const made = await tx.promptVersion.create({
          data: { organizationId, promptId: id, number, digest, content: json.parse(content) ?? {}, note, createdBy },
          select: VERSION,
        });
        await tx.prompt.update({ where: { id }, data: { updatedAt: new Date() } });
        return { version: { ...made, content: json.parse(made.content) }, made: true };
      }),
    async resolve(reference) {
      const at = reference.lastIndexOf("@");
      const [name, which] = at < 0 ? [reference, "latest"] : [reference.slice(0, at), reference.slice(at + 1)];
      const prompt = await find(db, name);
      const number =
        which === "latest" ? prompt.latest : /^\d{1,9}$/.test(which) ? Number(which) : prompt.labels[which];
      const row =
        number === undefined
          ? null
          : await db.promptVersion.findUnique({
              where: { promptId_number: { promptId: prompt.id, number } },
              select: VERSION,
            });
      if (row !== null) return { prompt, version: { ...row, content: json.parse(row.content) } };
      const known = ["latest", ...Object.keys(prompt.labels)].map((label) => `${name}@${label}`).join(", ");
      throw new DatabaseError("not-found", `${name} has no version or label ${which}.`, {
        hint: `There are: ${known}.`,
      });
    },
    move: (id, { createdBy, label, note = "", number, wait }) =>
      inTransaction(db, async (tx) => {
        await lock(tx, id);
        const prompt = await find(tx, id);
        if (number < 1 || number > prompt.latest) {
          throw new DatabaseError("not-found", `${prompt.name} has no version ${number}.`, {
            hint: `Its versions are 1 to ${prompt.latest}.`,
          });
        }
        // What waited for approval of the same label is no longer what anybody wants.
        await tx.promptLabelMove.updateMany({
          where: { promptId: id, label, state: "waiting" },
          data: { state: "overtaken" },
        });
        const made = await tx.promptLabelMove.create({
          data: {
            ...{ organizationId, promptId: id, label, note, createdBy },
            fromNumber: prompt.labels[label] ?? null,
            toNumber: number,
            state: wait ? "waiting" : "done",
          },
        });
        if (!wait) await point(tx, id, label, number);
        return moveOf(made);
      }),
    async moves(id) {
      const rows = await db.promptLabelMove.findMany({
        where: { organizationId, promptId: id },
        orderBy: { id: "desc" },
        take: 200,
      });
      return rows.map(moveOf);
    },
    decide: (id, moveId, approve, by) =>
      inTransaction(db, async (tx) => {
        await lock(tx, id);
        const move = isId(moveId)
          ? await tx.promptLabelMove.findFirst({ where: { organizationId, promptId: id, id: moveId } })
          : null;
        if (move === null) throw new DatabaseError("not-found", "There is no such wish.");
        if (move.state !== "waiting") {
          throw new DatabaseError("conflict", "This no longer waits for approval.", {
            subject: id,
            hint: "Look again.",
          });
        }
        if (approve && move.createdBy === by) {
          throw new DatabaseError("in-use", "Whoever asks for a move can't approve it.", {
            hint: "Somebody else of the organization approves it.",
          });
        }
        const made = await tx.promptLabelMove.update({
          where: { id: moveId },
          data: { state: approve ? DECIDED.yes : DECIDED.no, decidedBy: by, decidedAt: new Date() },
        });
        if (approve) await point(tx, id, move.label, move.toNumber);
        return moveOf(made);
      }),
  };
}
