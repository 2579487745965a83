-- CreateTable
CREATE TABLE "trace" (
    "id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "organization_id" UUID NOT NULL,
    "project_id" UUID,
    "api_key_id" UUID,
    "user_id" UUID,
    "request_id" TEXT NOT NULL,
    "trace_hex" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "model" TEXT NOT NULL,
    "target" TEXT NOT NULL,
    "alias" TEXT,
    "status" TEXT NOT NULL,
    "http_status" INTEGER NOT NULL,
    "error" TEXT,
    "cache" TEXT NOT NULL,
    "input_tokens" INTEGER NOT NULL,
    "cached_tokens" INTEGER NOT NULL,
    "output_tokens" INTEGER NOT NULL,
    "ttft_us" BIGINT,
    "queue_us" BIGINT,
    "duration_us" BIGINT NOT NULL,
    "amount_pico_usd" BIGINT NOT NULL,
    "preview" TEXT,

    CONSTRAINT "trace_pkey" PRIMARY KEY ("id","at")
) PARTITION BY RANGE ("at");

-- CreateTable
CREATE TABLE "trace_body" (
    "trace_id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "organization_id" UUID NOT NULL,
    "input" TEXT NOT NULL,
    "output" TEXT NOT NULL,
    "redacted" BOOLEAN NOT NULL,

    CONSTRAINT "trace_body_pkey" PRIMARY KEY ("trace_id","at")
) PARTITION BY RANGE ("at");

-- CreateTable
CREATE TABLE "span" (
    "organization_id" UUID NOT NULL,
    "trace_hex" TEXT NOT NULL,
    "span_id" TEXT NOT NULL,
    "parent_id" TEXT,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "at_us" INTEGER NOT NULL,
    "duration_us" BIGINT NOT NULL,
    "name" TEXT NOT NULL,
    "service" TEXT NOT NULL,
    "failed" BOOLEAN NOT NULL,
    "attributes" JSONB NOT NULL,

    CONSTRAINT "span_pkey" PRIMARY KEY ("organization_id","trace_hex","span_id","at")
) PARTITION BY RANGE ("at");

-- CreateTable
CREATE TABLE "trace_feedback" (
    "id" UUID NOT NULL,
    "organization_id" UUID NOT NULL,
    "trace_id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "value" DOUBLE PRECISION,
    "text" TEXT,
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "trace_feedback_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "trace_organization_id_at_id_idx" ON "trace"("organization_id", "at", "id");

-- CreateIndex
CREATE INDEX "trace_organization_id_model_at_idx" ON "trace"("organization_id", "model", "at");

-- CreateIndex
CREATE INDEX "trace_organization_id_api_key_id_at_idx" ON "trace"("organization_id", "api_key_id", "at");

-- CreateIndex
CREATE INDEX "trace_organization_id_request_id_idx" ON "trace"("organization_id", "request_id");

-- CreateIndex
CREATE INDEX "trace_feedback_organization_id_trace_id_idx" ON "trace_feedback"("organization_id", "trace_id");

-- AddForeignKey
ALTER TABLE "trace_feedback" ADD CONSTRAINT "trace_feedback_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- What went wrong is rare and looked for often.
CREATE INDEX "trace_failed_idx" ON "trace"("organization_id", "at") WHERE "status" <> 'done';

-- Words of what was asked and answered, in whichever language: no stemming.
CREATE INDEX "trace_body_words_idx" ON "trace_body"
    USING gin (to_tsvector('simple', left("input", 20000) || ' ' || left("output", 20000)));

ALTER TABLE "trace" ADD CONSTRAINT "trace_sane" CHECK ("status" IN ('done', 'aborted', 'error', 'refused'));
ALTER TABLE "trace_feedback" ADD CONSTRAINT "trace_feedback_sane" CHECK (
    ("kind" = 'thumb' AND "value" IN (0, 1)) OR ("kind" = 'score' AND "value" BETWEEN 0 AND 1)
    OR ("kind" = 'correction' AND "text" IS NOT NULL));
