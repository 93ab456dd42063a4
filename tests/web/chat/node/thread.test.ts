import assert from "node:assert/strict";
import { test } from "node:test";
import type { Message } from "../../../../web/src/chat/graphql/types.ts";
import {
  activeElsewhere,
  EMPTY_THREAD,
  NEW_THREAD,
  reduceThread,
  type Thread,
  type ThreadAction,
} from "../../../../web/src/chat/thread/thread.ts";
import { branch, conversation, message, page } from "./messages.ts";

const OURS = conversation("c");

function threadOf(messages: readonly Message[], older: string | null = null): Thread {
  return reduceThread(EMPTY_THREAD, { type: "loaded", conversation: OURS, page: page(messages, older) });
}

const ids = ({ messages }: Thread) => messages.map(({ id }) => id).join("");
const last = ({ messages }: Thread) => messages.at(-1)!;
const piece = (content: string, seq: number, reasoning: string | null = null) => ({ content, reasoning, seq });

test("a reply grows by its pieces, and has begun with the first one", () => {
  let thread = threadOf([message("r", { status: "QUEUED" })]);
  thread = reduceThread(thread, { type: "text", id: "r", piece: piece("", 1, "Hm") });
  thread = reduceThread(thread, { type: "text", id: "r", piece: piece("He", 2, "m.") });
  thread = reduceThread(thread, { type: "text", id: "r", piece: piece("llo", 4) });
  const { content, reasoning, seq, status } = last(thread);
  assert.deepEqual([content, reasoning, seq, status], ["Hello", "Hmm.", 4, "STREAMING"]);
});

test("a snapshot takes the place of all text", () => {
  const thread = reduceThread(threadOf([message("r", { status: "STREAMING", content: "old", reasoning: "old" })]), {
    type: "replaced",
    id: "r",
    text: piece("whole", 9),
  });
  assert.deepEqual([last(thread).content, last(thread).reasoning, last(thread).seq], ["whole", null, 9]);
});

test("pieces of a message that is not shown, or has ended, change nothing", () => {
  const thread = threadOf([message("r", { content: "done" })]);
  assert.equal(reduceThread(thread, { type: "text", id: "r", piece: piece("more", 9) }), thread);
  assert.equal(reduceThread(thread, { type: "text", id: "x", piece: piece("more", 9) }), thread);
  assert.equal(reduceThread(thread, { type: "replaced", id: "r", text: piece("more", 9) }), thread);
});

test("the end keeps the text, and lets others be begun", () => {
  const active = { ...OURS, activeCompletion: { id: "r", seq: 0 } };
  const streaming = message("r", { status: "STREAMING", content: "all" });
  const before = reduceThread(EMPTY_THREAD, { type: "loaded", conversation: active, page: page([streaming]) });
  const how = { status: "STOPPED", model: "m", finishReason: null, usage: null, error: null } as const;
  const thread = reduceThread(before, { type: "ended", id: "r", ended: how });
  assert.deepEqual([last(thread).content, last(thread).status, last(thread).model], ["all", "STOPPED", "m"]);
  assert.equal(thread.conversation?.activeCompletion, null);
});

test("a reply that has ended stays so when an older answer comes late", () => {
  const ended = threadOf([message("r", { content: "all", seq: 9 })]);
  const stale = message("r", { status: "STREAMING", content: "a", seq: 1, siblings: [{ id: "r" }, { id: "s" }] });
  const thread = reduceThread(ended, { type: "loaded", conversation: OURS, page: page([stale]) });
  assert.deepEqual([last(thread).content, last(thread).status, last(thread).siblings.length], ["all", "COMPLETE", 2]);
});

test("older messages come above those that are shown, and stay there when the tip is read again", () => {
  let thread = threadOf(branch("cd", "b"), "before c");
  thread = reduceThread(thread, { type: "older", page: page(branch("ab")) });
  assert.deepEqual([ids(thread), thread.older], ["abcd", null]);
  thread = reduceThread(thread, { type: "loaded", conversation: OURS, page: page(branch("de", "c"), "before d") });
  assert.deepEqual([ids(thread), thread.older], ["abcde", null]);
});

test("another branch takes the place of what is not on it", () => {
  let thread = threadOf(branch("abcd"));
  thread = reduceThread(thread, { type: "loaded", conversation: OURS, page: page(branch("xy", "b"), "before x") });
  assert.deepEqual([ids(thread), thread.older], ["abxy", null]);
  thread = reduceThread(thread, { type: "loaded", conversation: OURS, page: page(branch("q", "p"), "before q") });
  assert.deepEqual([ids(thread), thread.older], ["q", "before q"]);
});

test("older messages of a branch that is not shown any more are not taken", () => {
  const thread = threadOf(branch("xy", "w"), "before x");
  assert.equal(reduceThread(thread, { type: "older", page: page(branch("ab")) }), thread);
});

test("what is posted comes below its parent, and what hung there is on another branch", () => {
  const [said, reply] = branch("ef", "b");
  const started = { conversation: OURS, message: said!, reply: reply! };
  assert.equal(ids(reduceThread(threadOf(branch("ab")), { type: "started", started })), "abef");
  assert.equal(ids(reduceThread(threadOf(branch("abcd")), { type: "started", started })), "abef");
});

test("a reply that is asked for again takes the place of the one beside it", () => {
  const [said, reply] = [branch("abc")[1]!, branch("e", "b")[0]!];
  const thread = reduceThread(threadOf(branch("abcd")), {
    type: "started",
    started: { conversation: OURS, message: said, reply },
  });
  assert.equal(ids(thread), "abe");
});

test("the first message begins the conversation, and another wording of it begins it anew", () => {
  const [said, reply] = branch("ab");
  let thread = reduceThread(NEW_THREAD, { type: "started", started: { conversation: OURS, message: said!, reply: reply! } });
  assert.deepEqual([ids(thread), thread.conversation], ["ab", OURS]);
  const [other, answer] = branch("xy");
  thread = reduceThread(thread, { type: "started", started: { conversation: OURS, message: other!, reply: answer! } });
  assert.deepEqual([ids(thread), thread.older], ["xy", null]);
});

test("what was posted below a message that is not shown changes no message", () => {
  const [said, reply] = branch("ef", "z");
  const thread = reduceThread(threadOf(branch("ab")), {
    type: "started",
    started: { conversation: OURS, message: said!, reply: reply! },
  });
  assert.equal(ids(thread), "ab");
});

test("a post whose answer comes late cuts nothing that was said since", () => {
  const [said, reply] = branch("ab");
  const read = threadOf(branch("abcd"));
  const started = { conversation: OURS, message: said!, reply: { ...reply!, status: "STREAMING" as const } };
  const thread = reduceThread(read, { type: "started", started });
  assert.deepEqual([ids(thread), thread.messages[1]?.status], ["abcd", "COMPLETE"]);
});

test("a conversation that is gone is missing", () => {
  assert.equal(reduceThread(threadOf(branch("ab")), { type: "loaded", conversation: null, page: null }).phase, "missing");
});

test("a reply that is written on another branch is known as long as it is", () => {
  const active = { ...OURS, activeCompletion: { id: "x", seq: 4 } };
  const thread = reduceThread(threadOf(branch("ab")), { type: "changed", conversation: active });
  assert.deepEqual(activeElsewhere(thread), { id: "x", seq: 4 });
  assert.equal(activeElsewhere(reduceThread(thread, { type: "message", message: message("x", { status: "STOPPED" }) })), null);
  assert.equal(activeElsewhere(threadOf([message("x", { status: "STREAMING" })])), null);
});

test("no read, however old or new, loses or doubles a character of a reply that is followed", () => {
  for (let seed = 1; seed <= 200; seed += 1) {
    const random = randomFrom(seed);
    const log = Array.from({ length: 20 }, (_, at) => `${at} `);
    const stored = (seq: number): Message =>
      message("r", { status: seq === log.length ? "COMPLETE" : "STREAMING", content: log.slice(0, seq).join(""), seq });
    const begun = Math.floor(random() * log.length);
    let thread = threadOf([stored(begun)]);
    let delivered = begun;
    while (last(thread).status === "STREAMING") {
      thread = reduceThread(thread, nextAction());
      assert.ok(log.join("").startsWith(last(thread).content), `seed ${seed}: ${last(thread).content}`);
    }
    assert.equal(last(thread).content, log.join(""), `seed ${seed}`);

    /** The follower's next piece, with several deltas in it at times; or a read of any time. */
    function nextAction(): ThreadAction {
      if (random() < 0.4) {
        const read = stored(Math.floor(random() * (log.length + (random() < 0.05 ? 1 : 0))));
        return random() < 0.5
          ? { type: "loaded", conversation: OURS, page: page([read]) }
          : { type: "message", message: read };
      }
      if (delivered === log.length) {
        const how = { status: "COMPLETE", model: null, finishReason: null, usage: null, error: null } as const;
        return { type: "ended", id: "r", ended: how };
      }
      const seq = Math.min(log.length, delivered + 1 + Math.floor(random() * 3));
      const content = log.slice(delivered, seq).join("");
      delivered = seq;
      return { type: "text", id: "r", piece: piece(content, seq) };
    }
  }
});

/** Numerical Recipes' generator, from 0 to 1: the same for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
