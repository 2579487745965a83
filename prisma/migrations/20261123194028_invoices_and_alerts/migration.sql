-- CreateTable
CREATE TABLE "invoice" (
    "id" UUID NOT NULL,
    "organization_id" UUID NOT NULL,
    "number" INTEGER,
    "kind" TEXT NOT NULL,
    "credits_id" UUID,
    "state" TEXT NOT NULL,
    "from" TIMESTAMPTZ(3) NOT NULL,
    "to" TIMESTAMPTZ(3) NOT NULL,
    "bill_to" TEXT NOT NULL DEFAULT '',
    "note" TEXT NOT NULL DEFAULT '',
    "tax_name" TEXT NOT NULL DEFAULT '',
    "tax_basis_points" INTEGER NOT NULL DEFAULT 0,
    "amount_pico_usd" DECIMAL(38,0) NOT NULL,
    "net_micro_usd" BIGINT NOT NULL,
    "tax_micro_usd" BIGINT NOT NULL,
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "final_at" TIMESTAMPTZ(3),

    CONSTRAINT "invoice_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "invoice_line" (
    "invoice_id" UUID NOT NULL,
    "position" INTEGER NOT NULL,
    "text" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "model" TEXT NOT NULL,
    "target" TEXT NOT NULL,
    "requests" BIGINT NOT NULL,
    "input_tokens" BIGINT NOT NULL,
    "cached_tokens" BIGINT NOT NULL,
    "output_tokens" BIGINT NOT NULL,
    "amount_pico_usd" DECIMAL(38,0) NOT NULL,

    CONSTRAINT "invoice_line_pkey" PRIMARY KEY ("invoice_id","position")
);

-- CreateTable
CREATE TABLE "upstream_bill_line" (
    "id" UUID NOT NULL,
    "organization_id" UUID NOT NULL,
    "upstream" TEXT NOT NULL,
    "day" DATE NOT NULL,
    "model" TEXT NOT NULL,
    "requests" BIGINT,
    "input_tokens" BIGINT NOT NULL,
    "output_tokens" BIGINT NOT NULL,
    "amount_micro_usd" BIGINT NOT NULL,
    "imported_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "upstream_bill_line_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "alert_channel" (
    "id" UUID NOT NULL,
    "organization_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "address" TEXT NOT NULL,
    "secret" BYTEA,
    "secret_key_id" TEXT,
    "enabled" BOOLEAN NOT NULL DEFAULT true,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "alert_channel_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "alert" (
    "id" UUID NOT NULL,
    "organization_id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "text" TEXT NOT NULL,
    "facts" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "alert_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "alert_delivery" (
    "alert_id" UUID NOT NULL,
    "channel_id" UUID NOT NULL,
    "state" TEXT NOT NULL,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "next_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "error" TEXT,
    "sent_at" TIMESTAMPTZ(3),

    CONSTRAINT "alert_delivery_pkey" PRIMARY KEY ("alert_id","channel_id")
);

-- CreateIndex
CREATE INDEX "invoice_organization_id_from_idx" ON "invoice"("organization_id", "from");

-- CreateIndex
CREATE UNIQUE INDEX "invoice_organization_id_number_key" ON "invoice"("organization_id", "number");

-- CreateIndex
CREATE UNIQUE INDEX "upstream_bill_line_organization_id_upstream_day_model_key" ON "upstream_bill_line"("organization_id", "upstream", "day", "model");

-- CreateIndex
CREATE INDEX "alert_organization_id_created_at_idx" ON "alert"("organization_id", "created_at");

-- CreateIndex
CREATE UNIQUE INDEX "alert_organization_id_key_key" ON "alert"("organization_id", "key");

-- CreateIndex
CREATE INDEX "alert_delivery_state_next_at_idx" ON "alert_delivery"("state", "next_at");

-- AddForeignKey
ALTER TABLE "invoice" ADD CONSTRAINT "invoice_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "invoice_line" ADD CONSTRAINT "invoice_line_invoice_id_fkey" FOREIGN KEY ("invoice_id") REFERENCES "invoice"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "upstream_bill_line" ADD CONSTRAINT "upstream_bill_line_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "alert_channel" ADD CONSTRAINT "alert_channel_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "alert" ADD CONSTRAINT "alert_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "alert_delivery" ADD CONSTRAINT "alert_delivery_alert_id_fkey" FOREIGN KEY ("alert_id") REFERENCES "alert"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "alert_delivery" ADD CONSTRAINT "alert_delivery_channel_id_fkey" FOREIGN KEY ("channel_id") REFERENCES "alert_channel"("id") ON DELETE CASCADE ON UPDATE CASCADE;

ALTER TABLE "invoice" ADD CONSTRAINT "invoice_sane" CHECK (
    "state" IN ('draft', 'final', 'paid', 'void') AND "kind" IN ('invoice', 'credit-note') AND "from" < "to"
    AND ("state" = 'draft') = ("number" IS NULL) AND "tax_basis_points" BETWEEN 0 AND 10000);
ALTER TABLE "alert_channel" ADD CONSTRAINT "alert_channel_sane" CHECK ("kind" IN ('webhook', 'slack', 'mail'));

-- What is final stays as it was told: only its state moves on, from final to paid or void.
CREATE FUNCTION "keep_invoice"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        -- A whole organization may go, with all that is its.
        IF OLD.state <> 'draft' AND EXISTS (SELECT 1 FROM organization WHERE id = OLD.organization_id) THEN
            RAISE EXCEPTION 'a final invoice is never deleted';
        END IF;
        RETURN OLD;
    END IF;
    IF OLD.state = 'draft' AND NEW.state IN ('draft', 'final') THEN RETURN NEW; END IF;
    IF NOT (OLD.state = NEW.state OR (OLD.state = 'final' AND NEW.state IN ('paid', 'void'))) THEN
        RAISE EXCEPTION 'an invoice does not go from % to %', OLD.state, NEW.state;
    END IF;
    IF (to_jsonb(NEW) - 'state' - 'updated_at') <> (to_jsonb(OLD) - 'state' - 'updated_at') THEN
        RAISE EXCEPTION 'a final invoice never changes';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER "invoice_kept" BEFORE UPDATE OR DELETE ON "invoice" FOR EACH ROW EXECUTE FUNCTION "keep_invoice"();

CREATE FUNCTION "keep_invoice_line"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM invoice WHERE id = OLD.invoice_id AND state <> 'draft') THEN
        RAISE EXCEPTION 'the lines of a final invoice never change';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END
$$;
CREATE TRIGGER "invoice_line_kept" BEFORE UPDATE OR DELETE ON "invoice_line"
    FOR EACH ROW EXECUTE FUNCTION "keep_invoice_line"();

-- An invoice is what its lines come to, when a transaction ends: no line is slipped in later.
CREATE FUNCTION "check_invoice_sum"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM invoice i WHERE i.id = NEW.invoice_id AND i.amount_pico_usd <>
               (SELECT coalesce(sum(l.amount_pico_usd), 0) FROM invoice_line l WHERE l.invoice_id = i.id)) THEN
        RAISE EXCEPTION 'the lines of an invoice do not come to its amount';
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER "invoice_line_sum" AFTER INSERT ON "invoice_line" DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION "check_invoice_sum"();
