-- CreateTable
CREATE TABLE "search_entries" (
    "message_id" UUID NOT NULL,
    "owner" TEXT NOT NULL,
    "words" tsvector,

    CONSTRAINT "search_entries_pkey" PRIMARY KEY ("message_id")
);

-- AddForeignKey
ALTER TABLE "search_entries" ADD CONSTRAINT "search_entries_message_id_fkey" FOREIGN KEY ("message_id") REFERENCES "messages"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- From here on by hand: what schema.prisma cannot say.

-- A text as search sees it: U+0001 sets apart what PostgreSQL's parser would take for one word, or for none.
-- First, punctuation: `app/log.py` is found by `log`, and `list<string>` by `string`, which would be a tag. And no two
-- words overlap, so what a text takes as a tsvector is bounded by its length.
-- Then each letter of those scripts that put no space between words; their words are found as phrases of letters.
-- The same characters are in app/storage/search_terms.py, for queries.
CREATE FUNCTION "search_text"("content" text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT regexp_replace(
    normalize("content", NFKC),
    '([<&/@.+-]|[\u0E00-\u0EFF\u1000-\u109F\u1780-\u17FF\u3005-\u3007\u3040-\u312F\u31F0-\u31FF\u3400-\u4DBF\u4E00-\u9FFF\uAC00-\uD7A3\uF900-\uFAFF\U00020000-\U000323AF])',
    E'\u0001\\1\u0001',
    'g'
  )
$$;

-- The words of a message's first 100,000 characters: PostgreSQL refuses more than 1 MiB of them, and the worst that these
-- can be is below, however they are written. 'simple' finds words as they are written, in every language.
-- The owner is a word, too, one that no text has: the index then gives what one owner has said, not what all have.
-- Should a text be more than PostgreSQL can take all the same, it is not found; and the others are.
CREATE FUNCTION "search_words"("owner" text, "content" text) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL UNSAFE SET client_min_messages = warning AS $$
DECLARE
  "owned" tsvector := array_to_tsvector(ARRAY[E'\u0001' || md5("owner")]);
BEGIN
  RETURN to_tsvector('simple', "search_text"(left("content", 100000))) || "owned";
EXCEPTION WHEN program_limit_exceeded THEN
  RETURN "owned";
END;
$$;

-- To find the words takes milliseconds, to index them some more, and now and then the index is tidied on top: more than
-- the end of a reply may take, for which all other streams of its server wait. So the end leaves an entry without words,
-- which is all but free, and whoever indexes fills it in.
CREATE FUNCTION "make_search_entry"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO "search_entries" ("message_id", "owner")
  SELECT NEW."id", c."owner" FROM "conversations" c WHERE c."id" = NEW."conversation_id"
  ON CONFLICT DO NOTHING;
  RETURN NULL;
END;
$$;

CREATE TRIGGER "make_entry_of_posted" AFTER INSERT ON "messages" FOR EACH ROW
WHEN (NEW."status" NOT IN ('QUEUED', 'STREAMING') AND NEW."content" <> '')
EXECUTE FUNCTION "make_search_entry"();

CREATE TRIGGER "make_entry_of_ended" AFTER UPDATE OF "status" ON "messages" FOR EACH ROW
WHEN (OLD."status" IN ('QUEUED', 'STREAMING') AND NEW."status" NOT IN ('QUEUED', 'STREAMING') AND NEW."content" <> '')
EXECUTE FUNCTION "make_search_entry"();

INSERT INTO "search_entries" ("message_id", "owner")
SELECT m."id", c."owner" FROM "messages" m JOIN "conversations" c ON c."id" = m."conversation_id"
WHERE m."status" NOT IN ('QUEUED', 'STREAMING') AND m."content" <> '';

CREATE INDEX "search_entries_words_idx" ON "search_entries" USING gin ("words") WHERE "words" IS NOT NULL;

-- What is still to be indexed: nearly always nothing.
CREATE INDEX "search_entries_pending_idx" ON "search_entries"("owner", "message_id") WHERE "words" IS NULL;
