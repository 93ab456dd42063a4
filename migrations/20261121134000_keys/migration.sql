-- CreateTable
CREATE TABLE "keys" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "owner" TEXT NOT NULL,
    "digest" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_used_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "keys_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "keys_digest_key" ON "keys"("digest");

-- From here on by hand: what schema.prisma cannot say.

-- A name says which key is meant, and is free again when its key has been revoked.
CREATE UNIQUE INDEX "keys_name_in_use" ON "keys"("name") WHERE "revoked_at" IS NULL;
