-- AlterTable
ALTER TABLE "alias" ADD COLUMN     "semantic_error" DOUBLE PRECISION;

-- A share of wrong answers; null is off.
ALTER TABLE "alias" ADD CONSTRAINT "alias_semantic_error_share" CHECK ("semantic_error" > 0 AND "semantic_error" <= 0.5);
