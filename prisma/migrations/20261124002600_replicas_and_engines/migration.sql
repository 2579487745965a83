-- AlterTable
ALTER TABLE "deployment" ADD COLUMN     "replicas" INTEGER NOT NULL DEFAULT 1;

-- CreateTable
CREATE TABLE "engine" (
    "address" TEXT NOT NULL,
    "seen_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "engine_pkey" PRIMARY KEY ("address")
);
