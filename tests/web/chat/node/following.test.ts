import assert from "node:assert/strict";
import { test } from "node:test";
import { RequestError, type Follower } from "../../../../web/src/client/index.ts";
import type { Message } from "../../../../web/src/chat/graphql/types.ts";
import { Following } from "../../../../web/src/chat/thread/Following.ts";
import { EMPTY_THREAD, type Thread } from "../../../../web/src/chat/thread/thread.ts";
import { conversation, message } from "./messages.ts";

/** Tells what is followed, and from where. */
function recorded() {
  const followed = new Map<string, { after: number; follower: Follower }>();
  const heard: unknown[] = [];
  const follow = (id: string, after: number, follower: Follower) => {
    assert.ok(!followed.has(id), `${id} is followed twice`);
    followed.set(id, { after, follower });
    return () => followed.delete(id);
  };
  const following = new Following(
    { follow },
    {
      onText: (...told) => heard.push(told),
      onReplace: (...told) => heard.push(told),
      onEnd: (...told) => heard.push(told),
      onError: (...told) => heard.push(told),
      onConnection: (state) => heard.push(state),
    },
  );
  const places = () => Object.fromEntries([...followed].map(([id, { after }]) => [id, after]));
  return { following, followed, heard, places };
}

function thread(messages: readonly Message[], elsewhere: { id: string; seq: number } | null = null): Thread {
  return { ...EMPTY_THREAD, phase: "ready", conversation: conversation("c", { activeCompletion: elsewhere }), messages };
}

const writing = (id: string, seq: number) => message(id, { status: "STREAMING", seq });

test("what is in flight is followed from the text that is shown, and only as long as it is in flight", () => {
  const { following, places } = recorded();
  following.sync(thread([message("a"), writing("b", 7)]));
  assert.deepEqual(places(), { b: 7 });
  following.sync(thread([message("a"), writing("b", 9)]));
  assert.deepEqual(places(), { b: 7 });
  following.sync(thread([message("a"), message("b")]));
  assert.deepEqual(places(), {});
});

test("a reply on another branch is followed, and anew from the text that is shown once it is shown", () => {
  const { following, places } = recorded();
  following.sync(thread([message("a")], { id: "x", seq: 3 }));
  assert.deepEqual(places(), { x: 3 });
  following.sync(thread([writing("x", 12)], { id: "x", seq: 3 }));
  assert.deepEqual(places(), { x: 12 });
  following.sync(thread([message("a")], { id: "x", seq: 15 }));
  assert.deepEqual(places(), { x: 15 });
});

test("nothing is followed of a conversation that is not shown, and its connection is nobody's concern", () => {
  const { following, followed, heard, places } = recorded();
  following.sync(thread([writing("b", 1)]));
  followed.get("b")?.follower.onConnection?.("waiting", 100);
  following.sync(null);
  assert.deepEqual(places(), {});
  assert.deepEqual(heard, ["waiting", null]);
});

test("what is told is told with the reply's id", () => {
  const { following, followed, heard } = recorded();
  following.sync(thread([writing("b", 1)]));
  const piece = { content: "x", reasoning: null, seq: 2 };
  followed.get("b")?.follower.onText(piece);
  assert.deepEqual(heard, [["b", piece]]);
});

test("a reply whose follower has failed is followed again from the text that is shown", () => {
  const { following, followed, places } = recorded();
  following.sync(thread([writing("b", 1)]));
  const { follower } = followed.get("b")!;
  // What has ended by itself is not stopped.
  followed.delete("b");
  follower.onError(new RequestError("INTERNAL", "It failed."));
  following.sync(thread([writing("b", 5)]));
  assert.deepEqual(places(), { b: 5 });
});
