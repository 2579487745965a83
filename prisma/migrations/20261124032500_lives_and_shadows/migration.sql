-- AlterTable
ALTER TABLE "engine" ADD COLUMN     "facts" JSONB;

-- AlterTable
ALTER TABLE "planner_record" ADD COLUMN     "guessed_ms" DOUBLE PRECISION NOT NULL DEFAULT 0;

-- AlterTable
ALTER TABLE "task_live" ADD COLUMN     "agreed" DOUBLE PRECISION NOT NULL DEFAULT 0,
ADD COLUMN     "compared" INTEGER NOT NULL DEFAULT 0;

-- AlterTable
ALTER TABLE "task_release" ADD COLUMN     "shadow" BOOLEAN NOT NULL DEFAULT false;

-- CreateTable
CREATE TABLE "model_life" (
    "organization_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "stage" TEXT NOT NULL,
    "deprecated_at" TIMESTAMPTZ(3),
    "sunset_at" TIMESTAMPTZ(3),
    "successor" TEXT,
    "note" TEXT NOT NULL DEFAULT '',
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "model_life_pkey" PRIMARY KEY ("organization_id","name")
);

-- AddForeignKey
ALTER TABLE "model_life" ADD CONSTRAINT "model_life_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Requests learn of it as they learn of aliases.
CREATE TRIGGER "model_life_changed" AFTER INSERT OR UPDATE OR DELETE ON "model_life"
  FOR EACH ROW EXECUTE FUNCTION "notify_routes_changed"();
