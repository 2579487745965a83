-- Budgets of keys lie beside those of projects and organizations, in "budget". Nothing could set this column.
DROP TRIGGER "api_key_changed" ON "api_key";
ALTER TABLE "api_key" DROP COLUMN "budget_micro_usd";
CREATE TRIGGER "api_key_changed"
    AFTER DELETE OR UPDATE OF "project_id", "hash", "scopes", "models", "requests_per_minute", "tokens_per_minute",
        "expires_at", "revoked_at" ON "api_key"
    FOR EACH ROW EXECUTE FUNCTION "notify_key_changed"();

-- CreateTable
CREATE TABLE "usage_event" (
    "id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "organization_id" UUID NOT NULL,
    "project_id" UUID,
    "api_key_id" UUID,
    "user_id" UUID,
    "request_id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "model" TEXT NOT NULL,
    "target" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "input_tokens" INTEGER NOT NULL,
    "cached_tokens" INTEGER NOT NULL,
    "output_tokens" INTEGER NOT NULL,
    "estimated" BOOLEAN NOT NULL DEFAULT false,
    "ttft_us" BIGINT,
    "itl_us" BIGINT,
    "queue_us" BIGINT,
    "compute_us" BIGINT,
    "duration_us" BIGINT NOT NULL,
    "price_book_id" UUID,
    "amount_pico_usd" BIGINT NOT NULL,
    "recorded_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "usage_event_pkey" PRIMARY KEY ("id","at")
) PARTITION BY RANGE ("at");

-- CreateTable
CREATE TABLE "usage_hour" (
    "part" UUID NOT NULL,
    "organization_id" UUID NOT NULL,
    "hour" TIMESTAMPTZ(3) NOT NULL,
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

    CONSTRAINT "usage_hour_pkey" PRIMARY KEY ("part")
);

-- CreateTable
CREATE TABLE "usage_month" (
    "organization_id" UUID NOT NULL,
    "month" DATE NOT NULL,
    "scope" TEXT NOT NULL,
    "subject_id" UUID NOT NULL,
    "requests" BIGINT NOT NULL,
    "tokens" BIGINT NOT NULL,
    "amount_pico_usd" DECIMAL(38,0) NOT NULL,

    CONSTRAINT "usage_month_pkey" PRIMARY KEY ("organization_id","month","scope","subject_id")
);

-- CreateTable
CREATE TABLE "request_tally" (
    "organization_id" UUID NOT NULL,
    "hour" TIMESTAMPTZ(3) NOT NULL,
    "requests" BIGINT NOT NULL,

    CONSTRAINT "request_tally_pkey" PRIMARY KEY ("organization_id","hour")
);

-- CreateTable
CREATE TABLE "budget" (
    "id" UUID NOT NULL,
    "organization_id" UUID NOT NULL,
    "scope" TEXT NOT NULL,
    "subject_id" UUID NOT NULL,
    "amount_micro_usd" BIGINT,
    "tokens" BIGINT,
    "warn_percent" INTEGER NOT NULL DEFAULT 80,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "budget_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "price_book" (
    "id" UUID NOT NULL,
    "organization_id" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "effective_from" TIMESTAMPTZ(3) NOT NULL,
    "note" TEXT NOT NULL DEFAULT '',
    "prices" JSONB NOT NULL,
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "price_book_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "usage_event_organization_id_at_idx" ON "usage_event"("organization_id", "at");

-- CreateIndex
CREATE INDEX "usage_hour_organization_id_hour_idx" ON "usage_hour"("organization_id", "hour");

-- CreateIndex
CREATE UNIQUE INDEX "budget_organization_id_scope_subject_id_key" ON "budget"("organization_id", "scope", "subject_id");

-- CreateIndex
CREATE UNIQUE INDEX "price_book_organization_id_version_key" ON "price_book"("organization_id", "version");

-- AddForeignKey
ALTER TABLE "budget" ADD CONSTRAINT "budget_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Makes the partition of one day (UTC) unless it is there. Attaching takes a lock that reading and writing don't wait for.
CREATE FUNCTION "ensure_day_partition"(parent text, day date) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    part text := format('%s_%s', parent, to_char(day, 'YYYYMMDD'));
BEGIN
    IF to_regclass(quote_ident(part)) IS NOT NULL THEN RETURN; END IF;
    PERFORM pg_advisory_xact_lock(hashtext('ensure_day_partition'), hashtext(part));
    IF to_regclass(quote_ident(part)) IS NOT NULL THEN RETURN; END IF;
    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES)', part, parent);
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, part,
        day::text || ' 00:00:00+00', (day + 1)::text || ' 00:00:00+00');
END
$$;

-- What is impossible is refused here too, whoever writes it.
ALTER TABLE "usage_event" ADD CONSTRAINT "usage_event_sane" CHECK (
    "input_tokens" >= 0 AND "output_tokens" >= 0 AND "cached_tokens" BETWEEN 0 AND "input_tokens"
    AND "amount_pico_usd" >= 0 AND "status" IN ('done', 'aborted', 'error'));
ALTER TABLE "budget" ADD CONSTRAINT "budget_sane" CHECK (
    "scope" IN ('key', 'project', 'organization') AND "amount_micro_usd" >= 0 AND "tokens" >= 0
    AND "warn_percent" BETWEEN 1 AND 100);

-- A price that somebody was charged by is never edited: a new version follows it.
CREATE FUNCTION "refuse_price_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'price_book is append-only';
END
$$;
CREATE TRIGGER "price_book_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "price_book"
    FOR EACH STATEMENT EXECUTE FUNCTION "refuse_price_change"();

-- Every process holds the prices and budgets in memory and is told when to read them again.
CREATE FUNCTION "notify_billing"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('tugboat_billing', TG_TABLE_NAME);
    RETURN NULL;
END
$$;
CREATE TRIGGER "budget_changed" AFTER INSERT OR UPDATE OR DELETE ON "budget"
    FOR EACH STATEMENT EXECUTE FUNCTION "notify_billing"();
CREATE TRIGGER "price_book_changed" AFTER INSERT ON "price_book"
    FOR EACH STATEMENT EXECUTE FUNCTION "notify_billing"();
