-- AlterTable
ALTER TABLE "turns" ADD COLUMN     "position" BIGSERIAL NOT NULL;

-- From here on by hand: what schema.prisma cannot say.

-- The turns ahead of a new one: asked for every post, so it must not depend on how many a conversation has had.
CREATE INDEX "turns_unended_idx" ON "turns"("conversation_id", "position") WHERE "state" <> 'ENDED';

-- What waits anywhere: asked by every process every few seconds, and nearly always empty.
CREATE INDEX "turns_queued_idx" ON "turns"("position") WHERE "state" = 'QUEUED';

-- The logs to trim next, oldest first, without a look at any other row.
CREATE INDEX "deltas_final_created_at_idx" ON "deltas"("created_at") WHERE "final";
