-- AlterTable
ALTER TABLE "deployment" ADD COLUMN     "kv_type" TEXT;
