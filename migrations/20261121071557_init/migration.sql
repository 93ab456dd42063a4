-- CreateEnum
CREATE TYPE "Role" AS ENUM ('SYSTEM', 'USER', 'ASSISTANT', 'DATA', 'TOOL');

-- CreateEnum
CREATE TYPE "MessageStatus" AS ENUM ('QUEUED', 'STREAMING', 'COMPLETE', 'STOPPED', 'FAILED', 'INTERRUPTED');

-- CreateEnum
CREATE TYPE "FinishReason" AS ENUM ('STOP', 'LENGTH', 'CONTENT_FILTER', 'TOOL_CALLS');

-- CreateEnum
CREATE TYPE "UsageSource" AS ENUM ('PROVIDER', 'ESTIMATED');

-- CreateEnum
CREATE TYPE "TurnState" AS ENUM ('QUEUED', 'RUNNING', 'ENDED');

-- CreateTable
CREATE TABLE "conversations" (
    "id" UUID NOT NULL,
    "owner" TEXT NOT NULL,
    "title" TEXT,
    "system_prompt" TEXT,
    "model" TEXT,
    "metadata" JSONB NOT NULL DEFAULT '{}',
    "archived" BOOLEAN NOT NULL DEFAULT false,
    "tip_id" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "conversations_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "messages" (
    "id" UUID NOT NULL,
    "conversation_id" UUID NOT NULL,
    "parent_id" UUID,
    "turn_id" UUID,
    "depth" INTEGER NOT NULL,
    "role" "Role" NOT NULL,
    "status" "MessageStatus" NOT NULL,
    "content" TEXT NOT NULL DEFAULT '',
    "reasoning" TEXT,
    "seq" INTEGER NOT NULL DEFAULT 0,
    "model" TEXT,
    "parameters" JSONB NOT NULL DEFAULT '{}',
    "finish_reason" "FinishReason",
    "prompt_tokens" INTEGER,
    "completion_tokens" INTEGER,
    "usage_source" "UsageSource",
    "error_code" TEXT,
    "error_message" TEXT,
    "error_retryable" BOOLEAN,
    "metadata" JSONB NOT NULL DEFAULT '{}',
    "writer_id" UUID,
    "stop_requested" BOOLEAN NOT NULL DEFAULT false,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "completed_at" TIMESTAMPTZ(3),

    CONSTRAINT "messages_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "turns" (
    "id" UUID NOT NULL,
    "conversation_id" UUID NOT NULL,
    "owner" TEXT NOT NULL,
    "state" "TurnState" NOT NULL,
    "message_id" UUID,
    "idempotency_key" TEXT,
    "payload_digest" BYTEA,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "turns_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "deltas" (
    "message_id" UUID NOT NULL,
    "seq" INTEGER NOT NULL,
    "content" TEXT NOT NULL DEFAULT '',
    "reasoning" TEXT,
    "final" BOOLEAN NOT NULL DEFAULT false,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "deltas_pkey" PRIMARY KEY ("message_id","seq")
);

-- CreateTable
CREATE TABLE "writers" (
    "id" UUID NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "lease_until" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "writers_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "conversations_owner_archived_updated_at_id_idx" ON "conversations"("owner", "archived", "updated_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "messages_conversation_id_parent_id_idx" ON "messages"("conversation_id", "parent_id");

-- CreateIndex
CREATE INDEX "messages_parent_id_idx" ON "messages"("parent_id");

-- CreateIndex
CREATE INDEX "messages_turn_id_idx" ON "messages"("turn_id");

-- CreateIndex
CREATE INDEX "turns_conversation_id_idx" ON "turns"("conversation_id");

-- CreateIndex
CREATE UNIQUE INDEX "turns_owner_idempotency_key_key" ON "turns"("owner", "idempotency_key");

-- AddForeignKey
ALTER TABLE "messages" ADD CONSTRAINT "messages_conversation_id_fkey" FOREIGN KEY ("conversation_id") REFERENCES "conversations"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "messages" ADD CONSTRAINT "messages_parent_id_fkey" FOREIGN KEY ("parent_id") REFERENCES "messages"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "messages" ADD CONSTRAINT "messages_turn_id_fkey" FOREIGN KEY ("turn_id") REFERENCES "turns"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "turns" ADD CONSTRAINT "turns_conversation_id_fkey" FOREIGN KEY ("conversation_id") REFERENCES "conversations"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- From here on by hand: what schema.prisma cannot say.

-- The concurrency of a conversation is decided here, not by a lock in some process: of two posts at once one commits.
CREATE UNIQUE INDEX "one_running_turn" ON "turns"("conversation_id") WHERE "state" = 'RUNNING';

-- A writer's replies in flight: what a reaper ends when the writer's lease has run out. As small as what runs just now.
CREATE INDEX "messages_streaming_writer_id_idx" ON "messages"("writer_id") WHERE "status" = 'STREAMING';

-- Whether a conversation is busy, and with what: asked for every post and every page, answered by the index alone.
CREATE INDEX "messages_unfinished_conversation_id_idx" ON "messages"("conversation_id") INCLUDE ("id", "status")
  WHERE "status" IN ('QUEUED', 'STREAMING');

-- What no bug may write.
ALTER TABLE "messages"
  ADD CONSTRAINT "messages_seq_check" CHECK ("seq" >= 0),
  ADD CONSTRAINT "messages_depth_check" CHECK ("depth" >= 0),
  ADD CONSTRAINT "messages_root_check" CHECK (("parent_id" IS NULL) = ("depth" = 0));
ALTER TABLE "deltas" ADD CONSTRAINT "deltas_seq_check" CHECK ("seq" > 0);

-- The log is only ever inserted into, and deleted from in batches once a reply has ended. So no room is kept for updates,
-- no vacuum follows inserts (few rows live long enough to be frozen), and one follows deletes soon: their room is reused.
ALTER TABLE "deltas" SET (
  fillfactor = 100,
  autovacuum_vacuum_insert_threshold = -1,
  autovacuum_vacuum_threshold = 5000,
  autovacuum_vacuum_scale_factor = 0.02
);

-- A row per process, renewed every few seconds. Half of each page stays free, so that a renewal finds room beside its row
-- and touches no index (a heap-only update); a hundred dead versions are reason enough to vacuum.
ALTER TABLE "writers" SET (
  fillfactor = 50,
  autovacuum_vacuum_threshold = 100,
  autovacuum_vacuum_scale_factor = 0
);
