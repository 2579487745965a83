-- CreateEnum
CREATE TYPE "job_state" AS ENUM ('queued', 'running', 'done', 'failed', 'cancelled');

-- CreateTable
CREATE TABLE "job" (
    "id" UUID NOT NULL,
    "organization_id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "subject" TEXT,
    "state" "job_state" NOT NULL DEFAULT 'queued',
    "priority" INTEGER NOT NULL DEFAULT 10,
    "input" JSONB NOT NULL,
    "progress" JSONB,
    "checkpoint" JSONB,
    "result" JSONB,
    "error" TEXT,
    "hint" TEXT,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "failures" INTEGER NOT NULL DEFAULT 0,
    "max_failures" INTEGER NOT NULL,
    "losses" INTEGER NOT NULL DEFAULT 0,
    "fence" INTEGER NOT NULL DEFAULT 0,
    "dedupe_key" TEXT,
    "active_key" TEXT,
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "run_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "started_at" TIMESTAMPTZ(3),
    "finished_at" TIMESTAMPTZ(3),
    "delivered_at" TIMESTAMPTZ(3),
    "lease_until" TIMESTAMPTZ(3),

    CONSTRAINT "job_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "job_organization_id_id_idx" ON "job"("organization_id", "id");

-- CreateIndex
CREATE INDEX "job_organization_id_subject_id_idx" ON "job"("organization_id", "subject", "id");

-- CreateIndex
CREATE INDEX "job_state_run_at_idx" ON "job"("state", "run_at");

-- CreateIndex
CREATE UNIQUE INDEX "job_organization_id_kind_active_key_key" ON "job"("organization_id", "kind", "active_key");

-- AddForeignKey
ALTER TABLE "job" ADD CONSTRAINT "job_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- The moves a job may make are those of packages/db/src/jobs/transitions.ts; a test holds the two together. Of jobs of
-- one kind with the same key one is at work at a time, so the unique key is there only while the job is.
CREATE FUNCTION "guard_job"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW."state" <> OLD."state" AND (OLD."state"::text || '>' || NEW."state"::text) <> ALL (ARRAY[
        'queued>running', 'queued>cancelled',
        'running>done', 'running>failed', 'running>cancelled', 'running>queued',
        'failed>queued', 'cancelled>queued'
    ]) THEN
        RAISE EXCEPTION 'A job that is % can''t become %.', OLD."state", NEW."state" USING ERRCODE = 'check_violation';
    END IF;
    NEW."active_key" := CASE WHEN NEW."state" IN ('queued', 'running') THEN NEW."dedupe_key" END;
    RETURN NEW;
END
$$;

CREATE TRIGGER "job_guarded" BEFORE INSERT OR UPDATE ON "job" FOR EACH ROW EXECUTE FUNCTION "guard_job"();

-- Tells every process, when the change is committed: those that deliver, those that run, and those that show it.
CREATE FUNCTION "notify_job"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('tugboat_jobs', json_build_object('id', NEW."id", 'organizationId', NEW."organization_id",
        'kind', NEW."kind", 'state', NEW."state", 'fence', NEW."fence")::text);
    RETURN NULL;
END
$$;

CREATE TRIGGER "job_changed" AFTER INSERT OR UPDATE OF "state", "progress" ON "job"
    FOR EACH ROW EXECUTE FUNCTION "notify_job"();
