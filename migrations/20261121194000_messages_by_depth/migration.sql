-- CreateIndex
-- Where a conversation has one message at each depth of a page, the page is a stretch of this index: nothing is to be
-- walked. Roots are at depth 0, so it serves what the other one did, and is smaller.
CREATE INDEX "messages_conversation_id_depth_idx" ON "messages"("conversation_id", "depth");

-- DropIndex
DROP INDEX "messages_conversation_id_parent_id_idx";
