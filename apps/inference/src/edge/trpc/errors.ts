import { TRPCError } from "@trpc/server";
import type { TRPC_ERROR_CODE_KEY } from "@trpc/server/rpc";
import { DatabaseError, type DatabaseErrorCode } from "@tugboat/db";
import { DatasetError, type DatasetErrorCode } from "@tugboat/records";
import { TuningError, type TuningErrorCode } from "@tugboat/tuning";
import { z } from "zod";
import { BillError } from "../../domain/billing/bill-csv.ts";
import { DocumentError, type DocumentErrorCode } from "../../domain/documents/errors.ts";
import { EvaluationError } from "../../domain/evaluations/config.ts";
import { FlowError, type FlowErrorCode } from "../../domain/flows/errors.ts";
import { CatalogError, type CatalogErrorCode } from "../../domain/models/errors.ts";
import { PaymentError } from "../../domain/payments/stripe.ts";
import { PromptError } from "../../domain/prompts/errors.ts";
import { TaskError, type TaskErrorCode } from "../../domain/tasks/errors.ts";

/** What every refused call carries beside its sentence. */
export interface Refusal {
  /** For programs: `not-found`, `conflict`, `forbidden` … */
  readonly reason: string;
  /** What to do. */
  readonly hint?: string;
  /** A sentence for each field that is wrong, by its path: `name`, `models.0`. */
  readonly fields?: Readonly<Record<string, string>>;
  /** Who made the change that this one would have undone. */
  readonly changedBy?: string;
}

export class RefusedError extends TRPCError {
  readonly refusal: Refusal;

  constructor(code: TRPC_ERROR_CODE_KEY, message: string, refusal: Refusal, cause?: unknown) {
    super({ code, message, cause });
    this.refusal = refusal;
  }
}

const databaseErrors: Partial<Record<DatabaseErrorCode, TRPC_ERROR_CODE_KEY>> = {
  "not-found": "NOT_FOUND",
  conflict: "CONFLICT",
  exists: "CONFLICT",
  "last-one": "PRECONDITION_FAILED",
  "in-use": "PRECONDITION_FAILED",
};

const catalogErrors: Record<CatalogErrorCode, TRPC_ERROR_CODE_KEY> = {
  "not-found": "NOT_FOUND",
  "bad-name": "BAD_REQUEST",
  "not-own": "FORBIDDEN",
  "bad-source": "BAD_REQUEST",
  "bad-model": "BAD_REQUEST",
  exists: "CONFLICT",
  "hub-unreachable": "BAD_GATEWAY",
  "hub-refused": "BAD_GATEWAY",
  "hub-no-model": "NOT_FOUND",
  "bad-digest": "BAD_REQUEST",
  incomplete: "PRECONDITION_FAILED",
  "too-large": "PAYLOAD_TOO_LARGE",
  "no-space": "PRECONDITION_FAILED",
};

const tuningErrors: Record<TuningErrorCode, TRPC_ERROR_CODE_KEY> = {
  "bad-samples": "BAD_REQUEST",
  "too-few": "BAD_REQUEST",
  refused: "PRECONDITION_FAILED",
  "not-ready": "PRECONDITION_FAILED",
};

const taskErrors: Record<TaskErrorCode, TRPC_ERROR_CODE_KEY> = {
  "bad-document": "BAD_REQUEST",
  "bad-examples": "BAD_REQUEST",
  "bad-input": "BAD_REQUEST",
  "too-few": "BAD_REQUEST",
  "not-planned": "PRECONDITION_FAILED",
  "not-shipped": "PRECONDITION_FAILED",
  refused: "PRECONDITION_FAILED",
};

const flowErrors: Record<FlowErrorCode, TRPC_ERROR_CODE_KEY> = {
  "bad-document": "BAD_REQUEST",
  "bad-input": "BAD_REQUEST",
  refused: "PRECONDITION_FAILED",
  "not-ready": "PRECONDITION_FAILED",
};

const documentErrors: Record<DocumentErrorCode, TRPC_ERROR_CODE_KEY> = {
  "bad-document": "BAD_REQUEST",
  "too-large": "PAYLOAD_TOO_LARGE",
  "not-found": "NOT_FOUND",
  "not-ready": "PRECONDITION_FAILED",
};

const datasetErrors: Record<DatasetErrorCode, TRPC_ERROR_CODE_KEY> = {
  "bad-file": "BAD_REQUEST",
  "bad-row": "BAD_REQUEST",
  "bad-mapping": "BAD_REQUEST",
  schema: "BAD_REQUEST",
  "not-found": "NOT_FOUND",
  "too-large": "PAYLOAD_TOO_LARGE",
};

const evaluationErrors: Record<EvaluationError["code"], TRPC_ERROR_CODE_KEY> = {
  invalid: "BAD_REQUEST",
  "not-found": "NOT_FOUND",
  "not-ready": "PRECONDITION_FAILED",
  refused: "PRECONDITION_FAILED",
};

/** What is meant for the caller, as a refusal; anything else is given back as it is and becomes a plain 500. */
export function toRefusal(error: TRPCError): TRPCError {
  if (error instanceof RefusedError) return error;
  const { cause } = error;
  if (cause instanceof z.ZodError) {
    const fields = Object.fromEntries(cause.issues.map((issue) => [issue.path.join(".") || "input", issue.message]));
    const [first] = Object.entries(fields);
    const message = first === undefined ? "The input is not valid." : `${first[0]}: ${first[1]}`;
    return new RefusedError("BAD_REQUEST", message, { reason: "invalid", fields }, cause);
  }
  const code =
    cause instanceof DatabaseError
      ? databaseErrors[cause.code]
      : cause instanceof CatalogError
        ? catalogErrors[cause.code]
        : cause instanceof TuningError
          ? tuningErrors[cause.code]
          : cause instanceof TaskError
            ? taskErrors[cause.code]
            : undefined;
  if (cause instanceof DatasetError) {
    const refusal = { reason: cause.code, hint: cause.hint };
    return new RefusedError(datasetErrors[cause.code], cause.message, refusal, cause);
  }
  if (cause instanceof FlowError || cause instanceof DocumentError) {
    const of = cause instanceof FlowError ? flowErrors[cause.code] : documentErrors[cause.code];
    return new RefusedError(of, cause.message, { reason: cause.code, hint: cause.hint }, cause);
  }
  if (cause instanceof PromptError) {
    const refusal = { reason: cause.code, hint: cause.hint, fields: { [cause.field]: cause.message } };
    return new RefusedError("BAD_REQUEST", cause.message, refusal, cause);
  }
  if (cause instanceof EvaluationError) {
    const refusal = { reason: cause.code, hint: cause.hint };
    return new RefusedError(evaluationErrors[cause.code], cause.message, refusal, cause);
  }
  if (cause instanceof PaymentError) {
    return new RefusedError("BAD_GATEWAY", cause.message, { reason: cause.code, hint: cause.hint ?? "" }, cause);
  }
  if (cause instanceof BillError) {
    return new RefusedError("BAD_REQUEST", cause.message, { reason: cause.code, hint: cause.hint }, cause);
  }
  if (code === undefined || !isOurs(cause)) return error;
  const hint = cause.hint === undefined ? {} : { hint: cause.hint };
  return new RefusedError(code, cause.message, { reason: cause.code, ...hint }, cause);
}

function isOurs(cause: unknown): cause is DatabaseError | CatalogError | TuningError | TaskError {
  return (
    cause instanceof DatabaseError ||
    cause instanceof CatalogError ||
    cause instanceof TuningError ||
    cause instanceof TaskError
  );
}
