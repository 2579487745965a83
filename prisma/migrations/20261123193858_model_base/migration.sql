-- AlterTable
ALTER TABLE "model" ADD COLUMN     "base" TEXT;
