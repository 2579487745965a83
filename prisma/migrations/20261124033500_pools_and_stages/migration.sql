-- AlterTable
ALTER TABLE "deployment" ADD COLUMN     "embedding_workers" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "head_workers" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "layer_stages" INTEGER NOT NULL DEFAULT 1,
ADD COLUMN     "prefill_replicas" INTEGER NOT NULL DEFAULT 0;
