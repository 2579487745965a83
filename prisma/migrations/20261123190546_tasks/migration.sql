-- CreateTable
CREATE TABLE "task" (
    "organization_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "release" INTEGER,
    "rule" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "task_pkey" PRIMARY KEY ("organization_id","id")
);

-- CreateTable
CREATE TABLE "task_version" (
    "organization_id" UUID NOT NULL,
    "task_id" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "document" JSONB NOT NULL,
    "yaml" TEXT NOT NULL,
    "examples" JSONB,
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "task_version_pkey" PRIMARY KEY ("organization_id","task_id","number")
);

-- CreateTable
CREATE TABLE "task_planning" (
    "organization_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "task_id" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "reason" TEXT NOT NULL,
    "cause" TEXT,
    "minutes" DOUBLE PRECISION NOT NULL,
    "job_id" UUID,
    "progress" JSONB,
    "report" JSONB,
    "plan" INTEGER,
    "proposal" TEXT,
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "task_planning_pkey" PRIMARY KEY ("organization_id","id")
);

-- CreateTable
CREATE TABLE "task_plan" (
    "organization_id" UUID NOT NULL,
    "task_id" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "planning_id" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "spec" JSONB NOT NULL,
    "artifact" JSONB NOT NULL,
    "promise" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "task_plan_pkey" PRIMARY KEY ("organization_id","task_id","number")
);

-- CreateTable
CREATE TABLE "task_release" (
    "organization_id" UUID NOT NULL,
    "task_id" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "plan" INTEGER NOT NULL,
    "share" INTEGER NOT NULL,
    "previous" INTEGER,
    "action" TEXT NOT NULL,
    "note" TEXT NOT NULL,
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "task_release_pkey" PRIMARY KEY ("organization_id","task_id","number")
);

-- CreateTable
CREATE TABLE "task_measurement" (
    "organization_id" UUID NOT NULL,
    "task_id" UUID NOT NULL,
    "candidate" TEXT NOT NULL,
    "example" TEXT NOT NULL,
    "score" DOUBLE PRECISION NOT NULL,
    "latency_ms" DOUBLE PRECISION NOT NULL,
    "cost_micro_usd" DOUBLE PRECISION NOT NULL,
    "confidence" DOUBLE PRECISION,
    "answer" JSONB NOT NULL,
    "input_tokens" INTEGER NOT NULL,
    "output_tokens" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "task_measurement_pkey" PRIMARY KEY ("organization_id","task_id","candidate","example")
);

-- CreateTable
CREATE TABLE "planner_record" (
    "organization_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "task_id" UUID NOT NULL,
    "shape" TEXT NOT NULL,
    "model" TEXT NOT NULL,
    "family" TEXT NOT NULL,
    "shots" INTEGER NOT NULL,
    "examples" INTEGER NOT NULL,
    "predicted_ms" DOUBLE PRECISION NOT NULL,
    "measured_ms" DOUBLE PRECISION NOT NULL,
    "predicted_score" DOUBLE PRECISION NOT NULL,
    "measured_score" DOUBLE PRECISION NOT NULL,
    "predicted_micro_usd" DOUBLE PRECISION NOT NULL,
    "measured_micro_usd" DOUBLE PRECISION NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "planner_record_pkey" PRIMARY KEY ("organization_id","id")
);

-- CreateTable
CREATE TABLE "task_live" (
    "organization_id" UUID NOT NULL,
    "task_id" UUID NOT NULL,
    "plan" INTEGER NOT NULL,
    "hour" TIMESTAMPTZ(3) NOT NULL,
    "requests" INTEGER NOT NULL,
    "failed" INTEGER NOT NULL,
    "cached" INTEGER NOT NULL,
    "escalated" INTEGER NOT NULL,
    "latency" INTEGER[],
    "cost_micro_usd" DOUBLE PRECISION NOT NULL,
    "judged" INTEGER NOT NULL DEFAULT 0,
    "right" DOUBLE PRECISION NOT NULL DEFAULT 0,

    CONSTRAINT "task_live_pkey" PRIMARY KEY ("organization_id","task_id","plan","hour")
);

-- CreateIndex
CREATE UNIQUE INDEX "task_organization_id_name_key" ON "task"("organization_id", "name");

-- CreateIndex
CREATE INDEX "task_planning_organization_id_task_id_created_at_idx" ON "task_planning"("organization_id", "task_id", "created_at");

-- AddForeignKey
ALTER TABLE "task" ADD CONSTRAINT "task_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "task_version" ADD CONSTRAINT "task_version_organization_id_task_id_fkey" FOREIGN KEY ("organization_id", "task_id") REFERENCES "task"("organization_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "task_planning" ADD CONSTRAINT "task_planning_organization_id_task_id_fkey" FOREIGN KEY ("organization_id", "task_id") REFERENCES "task"("organization_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "task_plan" ADD CONSTRAINT "task_plan_organization_id_task_id_fkey" FOREIGN KEY ("organization_id", "task_id") REFERENCES "task"("organization_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "task_release" ADD CONSTRAINT "task_release_organization_id_task_id_fkey" FOREIGN KEY ("organization_id", "task_id") REFERENCES "task"("organization_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "task_measurement" ADD CONSTRAINT "task_measurement_organization_id_task_id_fkey" FOREIGN KEY ("organization_id", "task_id") REFERENCES "task"("organization_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "planner_record" ADD CONSTRAINT "planner_record_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "task_live" ADD CONSTRAINT "task_live_organization_id_task_id_fkey" FOREIGN KEY ("organization_id", "task_id") REFERENCES "task"("organization_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Every process remembers which plan serves a task. It is told of each release.
CREATE TRIGGER "task_changed" AFTER INSERT OR UPDATE OR DELETE ON "task"
    FOR EACH ROW EXECUTE FUNCTION "notify_routes_changed"();
