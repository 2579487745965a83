-- CreateTable
CREATE TABLE "usage_day" (
    "part" UUID NOT NULL,
    "organization_id" UUID NOT NULL,
    "day" TIMESTAMPTZ(3) NOT NULL,
    "project_id" UUID,
    "api_key_id" UUID,
    "user_id" UUID,
    "kind" TEXT NOT NULL,
    "model" TEXT NOT NULL,
    "target" TEXT NOT NULL,
    "requests" BIGINT NOT NULL,
    "failed" BIGINT NOT NULL,
    "aborted" BIGINT NOT NULL,
    "input_tokens" BIGINT NOT NULL,
    "cached_tokens" BIGINT NOT NULL,
    "output_tokens" BIGINT NOT NULL,
    "amount_pico_usd" DECIMAL(38,0) NOT NULL,
    "ttft" BYTEA NOT NULL,
    "itl" BYTEA NOT NULL,
    "queue" BYTEA NOT NULL,
    "duration" BYTEA NOT NULL,

    CONSTRAINT "usage_day_pkey" PRIMARY KEY ("part")
);

-- CreateTable
CREATE TABLE "usage_day_open" (
    "organization_id" UUID NOT NULL,
    "day" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "usage_day_open_pkey" PRIMARY KEY ("organization_id","day")
);

-- CreateIndex
CREATE INDEX "usage_day_organization_id_day_idx" ON "usage_day"("organization_id", "day");

-- CreateIndex
CREATE INDEX "usage_day_open_day_idx" ON "usage_day_open"("day");

-- What was summed up by the hour until now has no daily sums yet.
INSERT INTO "usage_day_open" ("organization_id", "day")
SELECT DISTINCT "organization_id", date_trunc('day', "hour", 'UTC') FROM "usage_hour";
