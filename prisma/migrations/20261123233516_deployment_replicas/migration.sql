-- AlterTable
ALTER TABLE "deployment" ADD COLUMN     "replicas" INTEGER NOT NULL DEFAULT 1;
