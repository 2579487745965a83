-- CreateTable
CREATE TABLE "response" (
    "organization_id" UUID NOT NULL,
    "id" TEXT NOT NULL,
    "body" TEXT NOT NULL,
    "items" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "response_pkey" PRIMARY KEY ("organization_id","id")
);

-- CreateIndex
CREATE INDEX "response_organization_id_expires_at_idx" ON "response"("organization_id", "expires_at");

-- AddForeignKey
ALTER TABLE "response" ADD CONSTRAINT "response_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE CASCADE ON UPDATE CASCADE;
