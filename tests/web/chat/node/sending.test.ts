import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Drafts } from "../../../../web/src/chat/composer/Drafts.ts";
import type { Outgoing } from "../../../../web/src/chat/composer/outgoing.ts";
import { Sending } from "../../../../web/src/chat/composer/Sending.ts";
import type { Started } from "../../../../web/src/chat/graphql/types.ts";
import { conversation, message } from "./messages.ts";

/** The browser's, as far as it is used. */
class MemoryStorage {
  [key: string]: unknown;
  getItem(key: string) {
    return (this[key] as string | undefined) ?? null;
  }
  setItem(key: string, value: string) {
    this[key] = value;
  }
  removeItem(key: string) {
    delete this[key];
  }
}

const STARTED: Started = { conversation: conversation("c"), message: message("m"), reply: null };

interface Attempt {
  input: Record<string, string>;
  answer: () => Promise<void>;
  fail: (error: unknown) => Promise<void>;
}

/** A conversation whose server answers when it is told to. */
function sending(place: string | null = "c") {
  const attempts: Attempt[] = [];
  const events: unknown[] = [];
  const drafts = new Drafts(place);
  const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
  const persist = <Data>(_document: string, variables: object, { signal }: { signal?: AbortSignal } = {}): Promise<Data> =>
    new Promise((resolve, reject) => {
      signal?.addEventListener("abort", () => reject(signal.reason));
      attempts.push({
        input: (variables as { input: Record<string, string> }).input,
        answer: () => (resolve({ started: STARTED } as Data), settled()),
        fail: (error) => (reject(error), settled()),
      });
    });
  const sent = new Sending(
    { signal: new AbortController().signal, persist },
    drafts,
    {
      onStarted: (started) => events.push(started),
      onRefused: (outgoing: Outgoing, error) => {
        // Invariant of the drafts: it is still kept when it is given back.
        assert.deepEqual(drafts.outgoing, outgoing);
        events.push(error);
      },
    },
  );
  const post = (content: string) => sent.send({ kind: "post", conversationId: place, content, model: null });
  return { sent, drafts, attempts, events, post, settled };
}

beforeEach(() => {
  Object.assign(globalThis, { sessionStorage: new MemoryStorage() });
});

test("what is on its way is kept until the server has acknowledged it", async () => {
  const { sent, drafts, attempts, events, post } = sending();
  post("Hi");
  assert.equal(drafts.outgoing?.kind, "post");
  assert.deepEqual(Drafts.left(), ["c"]);
  await attempts[0]?.answer();
  assert.deepEqual([drafts.outgoing, sent.outgoing.get(), events], [null, null, [STARTED]]);
  assert.deepEqual(Drafts.left(), []);
});

test("one thing is sent at a time", () => {
  const { attempts, post } = sending();
  post("one");
  post("two");
  assert.equal(attempts.length, 1);
});

test("the very same, sent again after an error, has the same key: it may have been done", async () => {
  const { attempts, events, post } = sending();
  post("Hi");
  await attempts[0]?.fail("INTERNAL");
  post("Hi");
  assert.deepEqual(attempts[1]?.input, attempts[0]?.input);
  assert.deepEqual(events, ["INTERNAL"]);
});

test("anything else has another key, and so has the same text once it was acknowledged", async () => {
  const { attempts, post } = sending();
  post("Hi");
  await attempts[0]?.fail("INTERNAL");
  post("Hi there");
  await attempts[1]?.answer();
  post("Hi there");
  await attempts[2]?.answer();
  post("Hi");
  assert.equal(new Set(attempts.map(({ input }) => input["idempotencyKey"])).size, 4);
});

test("what is taken back is not complained of", async () => {
  const { sent, events, post, settled } = sending();
  post("Hi");
  sent.takeBack();
  await settled();
  assert.deepEqual([events, sent.outgoing.get()], [[null], null]);
});

test("after a reload the very same is sent again", () => {
  const before = sending(null);
  before.post("Hi");
  const after = sending(null);
  after.sent.resume();
  assert.deepEqual(after.attempts[0]?.input, before.attempts[0]?.input);
  assert.deepEqual(Drafts.left(), [null]);
});

test("a draft outlives a reload, and goes with its conversation when that has got its id", () => {
  new Drafts(null).write("typed");
  const drafts = new Drafts(null);
  assert.equal(drafts.text.get(), "typed");
  drafts.move("c");
  assert.deepEqual([new Drafts(null).text.get(), new Drafts("c").text.get()], ["", "typed"]);
});

test("who forgets the key leaves nothing of what was written to the next one", () => {
  for (const place of ["c", null]) {
    sending(place).post("On its way");
    new Drafts(place).write("A draft");
  }
  sessionStorage.setItem("another", "kept");
  Drafts.forget();
  assert.deepEqual([new Drafts("c").text.get(), new Drafts(null).text.get(), Drafts.left()], ["", "", []]);
  assert.deepEqual(Object.keys(sessionStorage), ["another"]);
});

test("a browser that keeps nothing stops nobody", () => {
  Object.defineProperty(globalThis, "sessionStorage", {
    configurable: true,
    get: () => {
      throw new Error("blocked");
    },
  });
  const drafts = new Drafts("c");
  drafts.write("typed");
  assert.deepEqual([drafts.text.get(), drafts.outgoing, Drafts.left()], ["typed", null, []]);
  Object.defineProperty(globalThis, "sessionStorage", { configurable: true, writable: true, value: new MemoryStorage() });
});
