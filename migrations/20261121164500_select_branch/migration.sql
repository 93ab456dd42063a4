-- Makes the branch through a message the selected one; no row where there is no such message.
-- A function, for then it is one round trip, and its second statement sees what was posted or deleted before its first one
-- had the lock: the tip must never be a message that is gone. A lock that is not to be had in time is an error.
CREATE FUNCTION "select_branch"("owner" text, "message" uuid, "lock_wait" text) RETURNS SETOF "conversations"
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM set_config('lock_timeout', "lock_wait", true);
  PERFORM FROM "messages" m JOIN "conversations" c ON c."id" = m."conversation_id"
  WHERE c."owner" = "select_branch"."owner" AND m."id" = "message" FOR UPDATE OF c;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  -- The newest child at each level; of siblings from one statement, which have one time, the one whose id is last.
  RETURN QUERY
  WITH RECURSIVE branch AS (
    SELECT m."id", m."conversation_id", m."depth" FROM "messages" m WHERE m."id" = "message"
    UNION ALL
    SELECT newest."id", newest."conversation_id", newest."depth" FROM branch CROSS JOIN LATERAL (
      SELECT * FROM "messages" m WHERE m."parent_id" = branch."id" ORDER BY m."created_at" DESC, m."id" DESC LIMIT 1
    ) newest
  )
  UPDATE "conversations" c SET "tip_id" = leaf."id"
  FROM (SELECT * FROM branch ORDER BY "depth" DESC LIMIT 1) leaf
  WHERE c."id" = leaf."conversation_id"
  RETURNING c.*;
END;
$$;
