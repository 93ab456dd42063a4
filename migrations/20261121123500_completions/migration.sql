-- AlterTable
ALTER TABLE "turns" ADD COLUMN     "metadata" JSONB NOT NULL DEFAULT '{}';

-- CreateIndex
CREATE INDEX "turns_owner_id_idx" ON "turns"("owner", "id");
