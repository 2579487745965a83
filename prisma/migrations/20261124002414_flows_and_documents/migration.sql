-- CreateTable
CREATE TABLE "flow" (
    "organization_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "plan" INTEGER,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "flow_pkey" PRIMARY KEY ("organization_id","id")
);

-- CreateTable
CREATE TABLE "flow_version" (
    "organization_id" UUID NOT NULL,
    "flow_id" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "document" JSONB NOT NULL,
    "yaml" TEXT NOT NULL,
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "flow_version_pkey" PRIMARY KEY ("organization_id","flow_id","number")
);

-- CreateTable
CREATE TABLE "flow_plan" (
    "organization_id" UUID NOT NULL,
    "flow_id" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "version" INTEGER NOT NULL,
    "job_id" UUID,
    "report" JSONB,
    "choices" JSONB,
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "flow_plan_pkey" PRIMARY KEY ("organization_id","flow_id","number")
);

-- CreateTable
CREATE TABLE "flow_run" (
    "organization_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "flow_id" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "state" TEXT NOT NULL,
    "choices" JSONB NOT NULL,
    "input" JSONB NOT NULL,
    "output" JSONB,
    "error" JSONB,
    "job_id" UUID,
    "api_key_id" UUID,
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "started_at" TIMESTAMPTZ(3),
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "flow_run_pkey" PRIMARY KEY ("organization_id","id")
);

-- CreateTable
CREATE TABLE "flow_step" (
    "organization_id" UUID NOT NULL,
    "run_id" UUID NOT NULL,
    "path" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "attempts" INTEGER NOT NULL,
    "call_id" UUID NOT NULL,
    "output" JSONB,
    "error" TEXT,
    "cached" BOOLEAN NOT NULL DEFAULT false,
    "cost_micro_usd" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "input_tokens" INTEGER NOT NULL DEFAULT 0,
    "output_tokens" INTEGER NOT NULL DEFAULT 0,
    "cached_tokens" INTEGER NOT NULL DEFAULT 0,
    "duration_ms" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "started_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "flow_step_pkey" PRIMARY KEY ("organization_id","run_id","path")
);

-- CreateTable
CREATE TABLE "flow_cache" (
    "organization_id" UUID NOT NULL,
    "digest" TEXT NOT NULL,
    "output" JSONB NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "flow_cache_pkey" PRIMARY KEY ("organization_id","digest")
);

-- CreateTable
CREATE TABLE "document_collection" (
    "organization_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "model" TEXT,
    "revision" INTEGER NOT NULL DEFAULT 0,
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "document_collection_pkey" PRIMARY KEY ("organization_id","id")
);

-- CreateTable
CREATE TABLE "document" (
    "organization_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "collection_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "digest" TEXT NOT NULL,
    "characters" INTEGER NOT NULL,
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "document_pkey" PRIMARY KEY ("organization_id","id")
);

-- CreateTable
CREATE TABLE "document_passage" (
    "organization_id" UUID NOT NULL,
    "document_id" UUID NOT NULL,
    "position" INTEGER NOT NULL,
    "collection_id" UUID NOT NULL,
    "heading" TEXT NOT NULL,
    "text" TEXT NOT NULL,
    "from_line" INTEGER NOT NULL,
    "to_line" INTEGER NOT NULL,
    "embedding" REAL[],

    CONSTRAINT "document_passage_pkey" PRIMARY KEY ("organization_id","document_id","position")
);

-- CreateIndex
CREATE UNIQUE INDEX "flow_organization_id_name_key" ON "flow"("organization_id", "name");

-- CreateIndex
CREATE INDEX "flow_run_organization_id_flow_id_created_at_idx" ON "flow_run"("organization_id", "flow_id", "created_at");

-- CreateIndex
CREATE INDEX "flow_cache_expires_at_idx" ON "flow_cache"("expires_at");

-- CreateIndex
CREATE UNIQUE INDEX "document_collection_organization_id_name_key" ON "document_collection"("organization_id", "name");

-- CreateIndex
CREATE UNIQUE INDEX "document_organization_id_collection_id_name_key" ON "document"("organization_id", "collection_id", "name");

-- CreateIndex
CREATE INDEX "document_passage_organization_id_collection_id_idx" ON "document_passage"("organization_id", "collection_id");

-- AddForeignKey
ALTER TABLE "flow" ADD CONSTRAINT "flow_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "flow_version" ADD CONSTRAINT "flow_version_organization_id_flow_id_fkey" FOREIGN KEY ("organization_id", "flow_id") REFERENCES "flow"("organization_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "flow_plan" ADD CONSTRAINT "flow_plan_organization_id_flow_id_fkey" FOREIGN KEY ("organization_id", "flow_id") REFERENCES "flow"("organization_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "flow_run" ADD CONSTRAINT "flow_run_organization_id_flow_id_fkey" FOREIGN KEY ("organization_id", "flow_id") REFERENCES "flow"("organization_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "flow_step" ADD CONSTRAINT "flow_step_organization_id_run_id_fkey" FOREIGN KEY ("organization_id", "run_id") REFERENCES "flow_run"("organization_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "flow_cache" ADD CONSTRAINT "flow_cache_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "document_collection" ADD CONSTRAINT "document_collection_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "document" ADD CONSTRAINT "document_organization_id_collection_id_fkey" FOREIGN KEY ("organization_id", "collection_id") REFERENCES "document_collection"("organization_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "document_passage" ADD CONSTRAINT "document_passage_organization_id_document_id_fkey" FOREIGN KEY ("organization_id", "document_id") REFERENCES "document"("organization_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Passages are found by their words; the same expression is in the query.
CREATE INDEX "document_passage_words_idx" ON "document_passage" USING gin (to_tsvector('english', "heading" || ' ' || "text"));
