import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { RequestError, type Follower } from "../../../../web/src/client/index.ts";
import * as documents from "../../../../web/src/chat/graphql/documents.ts";
import type { Message } from "../../../../web/src/chat/graphql/types.ts";
import type { Session } from "../../../../web/src/chat/session/Session.ts";
import { ThreadController } from "../../../../web/src/chat/thread/ThreadController.ts";
import { conversation, message, page } from "./messages.ts";

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

/** The conversation "ours" beside one that has the message "theirs"; its server answers at once. */
function ours(messages: Message[]) {
  const asked: string[] = [];
  const followers: Follower[] = [];
  const read = () => ({ ...conversation("ours"), messages: page(messages) });
  const ask = (document: string, { id }: { id: string }) => {
    asked.push(document);
    const place = id === "theirs" ? "theirs" : "ours";
    if (document === documents.MESSAGE_PLACE) return Promise.resolve({ message: { conversation: { id: place } } });
    if (document === documents.SELECT_BRANCH) messages = [message(id)];
    return Promise.resolve({ conversation: read() });
  };
  const cell = { dispatch: () => {} };
  const follow = (_id: string, _after: number, follower: Follower) => (followers.push(follower), () => {});
  const session = {
    ...{ persist: ask, request: ask, client: { follow } },
    ...{ connection: cell, problem: cell, announcement: cell, complain: () => {}, tell: () => {} },
  };
  const thread = new ThreadController(session as unknown as Session, "ours");
  const shown = () => thread.store.get().messages.map(({ id }) => id);
  return { thread, asked, followers, shown };
}

beforeEach(() => {
  const sessionStorage = { getItem: () => null, setItem: () => {}, removeItem: () => {} };
  Object.assign(globalThis, { sessionStorage });
});

test("an address that names a message of another conversation shows and selects nothing of that one", async () => {
  const { thread, asked, shown } = ours([message("a")]);
  thread.show();
  assert.equal(await thread.reveal("theirs"), false);
  assert.deepEqual(shown(), ["a"]);
  assert.ok(!asked.includes(documents.SELECT_BRANCH));
});

test("an address that names a message on another branch selects that branch", async () => {
  const { thread, shown } = ours([message("a")]);
  thread.show();
  assert.equal(await thread.reveal("b"), true);
  assert.deepEqual(shown(), ["b"]);
});

test("a reply whose subscription has failed is read again, and followed again if it is still written", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    const { thread, asked, followers } = ours([message("r", { status: "STREAMING" })]);
    thread.show();
    await settled();
    assert.equal(followers.length, 1);
    followers[0]!.onError(new RequestError("INTERNAL", "It failed."));
    const reads = asked.length;
    mock.timers.tick(1_000);
    await settled();
    assert.deepEqual([asked.length, followers.length], [reads + 1, 2]);
  } finally {
    mock.timers.reset();
  }
});
