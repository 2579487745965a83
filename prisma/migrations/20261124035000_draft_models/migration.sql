-- AlterTable
ALTER TABLE "deployment" ADD COLUMN     "draft" TEXT;
