-- CreateTable
CREATE TABLE "deployment" (
    "organization_id" UUID NOT NULL,
    "model_id" UUID NOT NULL,
    "context_length" INTEGER,
    "kv_cache_bytes" BIGINT,
    "max_in_flight" INTEGER,
    "device" TEXT,
    "idle_minutes" INTEGER,
    "pinned" BOOLEAN NOT NULL DEFAULT false,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "deployment_pkey" PRIMARY KEY ("organization_id","model_id")
);

-- CreateTable
CREATE TABLE "upstream" (
    "id" UUID NOT NULL,
    "organization_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "base_url" TEXT NOT NULL,
    "secret" BYTEA,
    "secret_key_id" TEXT,
    "secret_header" TEXT NOT NULL DEFAULT 'authorization',
    "headers" JSONB NOT NULL DEFAULT '{}',
    "connect_timeout_ms" INTEGER NOT NULL DEFAULT 5000,
    "first_byte_timeout_ms" INTEGER NOT NULL DEFAULT 60000,
    "idle_timeout_ms" INTEGER NOT NULL DEFAULT 30000,
    "total_timeout_ms" INTEGER NOT NULL DEFAULT 600000,
    "enabled" BOOLEAN NOT NULL DEFAULT true,
    "models" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "extra_models" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "tested_at" TIMESTAMPTZ(3),
    "test_ok" BOOLEAN,
    "test_message" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "upstream_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "alias" (
    "id" UUID NOT NULL,
    "organization_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "alias_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "alias_version" (
    "organization_id" UUID NOT NULL,
    "alias_id" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "split" JSONB NOT NULL,
    "failover" JSONB NOT NULL,
    "note" TEXT NOT NULL DEFAULT '',
    "restores" INTEGER,
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "alias_version_pkey" PRIMARY KEY ("organization_id","alias_id","number")
);

-- CreateIndex
CREATE UNIQUE INDEX "upstream_organization_id_name_key" ON "upstream"("organization_id", "name");

-- CreateIndex
CREATE UNIQUE INDEX "alias_organization_id_name_key" ON "alias"("organization_id", "name");

-- CreateIndex
CREATE UNIQUE INDEX "alias_organization_id_id_key" ON "alias"("organization_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "model_organization_id_id_key" ON "model"("organization_id", "id");

-- AddForeignKey
ALTER TABLE "deployment" ADD CONSTRAINT "deployment_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "deployment" ADD CONSTRAINT "deployment_organization_id_model_id_fkey" FOREIGN KEY ("organization_id", "model_id") REFERENCES "model"("organization_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "upstream" ADD CONSTRAINT "upstream_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "alias" ADD CONSTRAINT "alias_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "alias_version" ADD CONSTRAINT "alias_version_organization_id_alias_id_fkey" FOREIGN KEY ("organization_id", "alias_id") REFERENCES "alias"("organization_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- An alias's history is only added to. It goes with its alias, and not before.
CREATE FUNCTION "keep_alias_history"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND NOT EXISTS (SELECT 1 FROM "alias" WHERE "id" = OLD."alias_id") THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'alias_version is append-only';
END
$$;

CREATE TRIGGER "alias_version_append_only" BEFORE UPDATE OR DELETE ON "alias_version"
    FOR EACH ROW EXECUTE FUNCTION "keep_alias_history"();

-- Every process remembers where an organization's names lead. It is told whose have changed.
CREATE FUNCTION "notify_routes_changed"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('tugboat_routes', COALESCE(NEW."organization_id", OLD."organization_id")::text);
    RETURN NULL;
END
$$;

CREATE TRIGGER "alias_changed" AFTER INSERT OR UPDATE OR DELETE ON "alias"
    FOR EACH ROW EXECUTE FUNCTION "notify_routes_changed"();

CREATE TRIGGER "upstream_changed" AFTER INSERT OR UPDATE OR DELETE ON "upstream"
    FOR EACH ROW EXECUTE FUNCTION "notify_routes_changed"();

CREATE TRIGGER "model_changed" AFTER INSERT OR UPDATE OR DELETE ON "model"
    FOR EACH ROW EXECUTE FUNCTION "notify_routes_changed"();

CREATE TRIGGER "deployment_changed" AFTER INSERT OR UPDATE OR DELETE ON "deployment"
    FOR EACH ROW EXECUTE FUNCTION "notify_routes_changed"();
