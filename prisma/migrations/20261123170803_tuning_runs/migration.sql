-- CreateTable
CREATE TABLE "tuning_run" (
    "organization_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "model" TEXT NOT NULL,
    "minutes" DOUBLE PRECISION NOT NULL,
    "config" JSONB NOT NULL,
    "samples" JSONB NOT NULL,
    "stage" TEXT NOT NULL DEFAULT 'queued',
    "progress" JSONB,
    "report" JSONB,
    "summary" JSONB,
    "tuned_model" TEXT,
    "stop_asked" BOOLEAN NOT NULL DEFAULT false,
    "job_id" UUID,
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "tuning_run_pkey" PRIMARY KEY ("organization_id","id")
);

-- AddForeignKey
ALTER TABLE "tuning_run" ADD CONSTRAINT "tuning_run_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE CASCADE ON UPDATE CASCADE;
