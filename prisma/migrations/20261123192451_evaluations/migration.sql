-- CreateTable
CREATE TABLE "evaluator" (
    "organization_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL DEFAULT '',
    "spec" JSON NOT NULL,
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "evaluator_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "evaluation" (
    "organization_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "dataset_id" UUID NOT NULL,
    "dataset_version_id" UUID NOT NULL,
    "dataset_name" TEXT NOT NULL,
    "config" JSON NOT NULL,
    "total" INTEGER NOT NULL,
    "done" INTEGER NOT NULL DEFAULT 0,
    "stage" TEXT NOT NULL DEFAULT 'queued',
    "summary" JSON,
    "cost_pico_usd" BIGINT NOT NULL DEFAULT 0,
    "job_id" UUID,
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "evaluation_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "evaluation_row" (
    "organization_id" UUID NOT NULL,
    "evaluation_id" UUID NOT NULL,
    "position" INTEGER NOT NULL,
    "example_id" UUID NOT NULL,
    "preview" TEXT NOT NULL,
    "slices" TEXT[],
    "outputs" UUID[],
    "failed" BOOLEAN[],
    "scores" DOUBLE PRECISION[],
    "latency_ms" DOUBLE PRECISION[],
    "cost_micro_usd" DOUBLE PRECISION[],
    "disagreement" DOUBLE PRECISION NOT NULL,

    CONSTRAINT "evaluation_row_pkey" PRIMARY KEY ("evaluation_id","position")
);

-- CreateTable
CREATE TABLE "evaluation_output" (
    "organization_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "candidate" BYTEA NOT NULL,
    "example" BYTEA NOT NULL,
    "text" TEXT,
    "calls" JSON,
    "error" TEXT,
    "finish_reason" TEXT,
    "input_tokens" INTEGER NOT NULL,
    "output_tokens" INTEGER NOT NULL,
    "latency_ms" DOUBLE PRECISION NOT NULL,
    "cost_pico_usd" BIGINT NOT NULL,
    "call_id" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "evaluation_output_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "evaluation_score" (
    "organization_id" UUID NOT NULL,
    "output_id" UUID NOT NULL,
    "evaluator" BYTEA NOT NULL,
    "value" DOUBLE PRECISION,
    "reason" TEXT,
    "cost_pico_usd" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "evaluation_score_pkey" PRIMARY KEY ("output_id","evaluator")
);

-- CreateTable
CREATE TABLE "review_queue" (
    "organization_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "evaluation_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "config" JSON NOT NULL,
    "items" JSON NOT NULL,
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "review_queue_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "review" (
    "organization_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "queue_id" UUID NOT NULL,
    "item" INTEGER NOT NULL,
    "reviewer" TEXT NOT NULL,
    "rating" INTEGER,
    "label" TEXT,
    "preferred" TEXT,
    "correction" TEXT,
    "comment" TEXT,
    "seconds" DOUBLE PRECISION NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "review_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "guard" (
    "organization_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "subject" TEXT NOT NULL,
    "dataset" TEXT NOT NULL,
    "evaluator" TEXT NOT NULL,
    "margin" DOUBLE PRECISION NOT NULL,
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "guard_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "evaluator_organization_id_name_key" ON "evaluator"("organization_id", "name");

-- CreateIndex
CREATE INDEX "evaluation_organization_id_dataset_id_idx" ON "evaluation"("organization_id", "dataset_id");

-- CreateIndex
CREATE INDEX "evaluation_row_evaluation_id_disagreement_position_idx" ON "evaluation_row"("evaluation_id", "disagreement" DESC, "position");

-- CreateIndex
CREATE UNIQUE INDEX "evaluation_output_organization_id_candidate_example_key" ON "evaluation_output"("organization_id", "candidate", "example");

-- CreateIndex
CREATE INDEX "review_queue_organization_id_evaluation_id_idx" ON "review_queue"("organization_id", "evaluation_id");

-- CreateIndex
CREATE UNIQUE INDEX "review_queue_id_item_reviewer_key" ON "review"("queue_id", "item", "reviewer");

-- CreateIndex
CREATE UNIQUE INDEX "guard_organization_id_subject_dataset_evaluator_key" ON "guard"("organization_id", "subject", "dataset", "evaluator");

-- AddForeignKey
ALTER TABLE "evaluator" ADD CONSTRAINT "evaluator_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "evaluation" ADD CONSTRAINT "evaluation_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "evaluation_row" ADD CONSTRAINT "evaluation_row_evaluation_id_fkey" FOREIGN KEY ("evaluation_id") REFERENCES "evaluation"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "evaluation_score" ADD CONSTRAINT "evaluation_score_output_id_fkey" FOREIGN KEY ("output_id") REFERENCES "evaluation_output"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "review_queue" ADD CONSTRAINT "review_queue_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "review" ADD CONSTRAINT "review_queue_id_fkey" FOREIGN KEY ("queue_id") REFERENCES "review_queue"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "guard" ADD CONSTRAINT "guard_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE CASCADE ON UPDATE CASCADE;
