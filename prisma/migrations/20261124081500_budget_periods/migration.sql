-- Months become one of two periods. The months that are there stay as they are.
ALTER TABLE "usage_month" RENAME TO "usage_period";
ALTER TABLE "usage_period" RENAME COLUMN "month" TO "start";
ALTER TABLE "usage_period" ADD COLUMN "period" TEXT NOT NULL DEFAULT 'month';
ALTER TABLE "usage_period" ALTER COLUMN "period" DROP DEFAULT;
ALTER TABLE "usage_period" DROP CONSTRAINT "usage_month_pkey";
ALTER TABLE "usage_period" ADD CONSTRAINT "usage_period_pkey" PRIMARY KEY ("organization_id", "period", "start", "scope", "subject_id");

-- AlterTable
ALTER TABLE "usage_event" ADD COLUMN "task_id" UUID;

-- AlterTable
ALTER TABLE "budget" ADD COLUMN "period" TEXT NOT NULL DEFAULT 'month';
ALTER TABLE "budget" DROP CONSTRAINT "budget_sane";
ALTER TABLE "budget" ADD CONSTRAINT "budget_sane" CHECK (
    "scope" IN ('key', 'project', 'organization', 'task') AND "period" IN ('day', 'month')
    AND "amount_micro_usd" >= 0 AND "tokens" >= 0 AND "warn_percent" BETWEEN 1 AND 100);

-- DropIndex
DROP INDEX "budget_organization_id_scope_subject_id_key";

-- CreateIndex
CREATE UNIQUE INDEX "budget_organization_id_scope_subject_id_period_key" ON "budget"("organization_id", "scope", "subject_id", "period");

-- What was used before today's days and tasks were counted, from the hourly sums, which hold the same events. A task is
-- named there as it was asked for.
INSERT INTO "usage_period" ("organization_id", "period", "start", "scope", "subject_id", "requests", "tokens", "amount_pico_usd")
SELECT h."organization_id", p."period", date_trunc(p."period", h."hour" AT TIME ZONE 'UTC')::date, s."scope", s."subject_id",
       sum(h."requests"), sum(h."input_tokens" + h."output_tokens"), sum(h."amount_pico_usd")
  FROM "usage_hour" h
  LEFT JOIN "task" t ON t."organization_id" = h."organization_id" AND h."model" = 'task:' || t."name"
 CROSS JOIN (VALUES ('day'), ('month')) AS p("period")
 CROSS JOIN LATERAL (VALUES ('organization', h."organization_id"), ('project', h."project_id"), ('key', h."api_key_id"),
                            ('task', t."id")) AS s("scope", "subject_id")
 WHERE s."subject_id" IS NOT NULL AND (p."period" = 'day' OR s."scope" = 'task')
 GROUP BY 1, 2, 3, 4, 5;
