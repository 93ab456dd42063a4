import assert from "node:assert/strict";
import { test } from "node:test";
import type { Client } from "../../../../web/src/client/index.ts";
import { BackgroundReplies } from "../../../../web/src/chat/conversations/BackgroundReplies.ts";
import { conversation } from "./messages.ts";

/** As many as the module follows at a time where sockets are blocked. */
const STREAMS = 4;

test("however many replies are written, there is a stream left for the one that is shown", () => {
  const followed = new Set<string>();
  const follow = (id: string) => (followed.add(id), () => followed.delete(id));
  const replies = new BackgroundReplies({ follow } as unknown as Client, () => {});
  const listed = Array.from({ length: 9 }, (_, at) => conversation(`${at}`, { activeCompletion: { id: `r${at}`, seq: 0 } }));
  replies.sync(listed, "0");
  assert.ok(followed.size > 0 && followed.size < STREAMS, `${followed.size} are followed`);
  assert.ok(!followed.has("r0"));
  replies.sync(listed, "1");
  assert.ok(followed.size < STREAMS && followed.has("r0") && !followed.has("r1"));
});
