import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { Followed } from "../../../../web/src/client/followed.ts";
import type { Line, Sink } from "../../../../web/src/client/line.ts";
import { RequestError } from "../../../../web/src/client/requestError.ts";
import type { Operation } from "../../../../web/src/client/transportWs.ts";

/** A line that says what it is told to say, and goes on saying it to whoever has left: the worst that can be. */
class ScriptedLine implements Line {
  readonly subscriptions: { operation: Operation; sink: Sink; left: boolean }[] = [];

  subscribe(operation: Operation, sink: Sink): () => void {
    const subscription = { operation, sink, left: false };
    this.subscriptions.push(subscription);
    return () => {
      subscription.left = true;
    };
  }

  probe(): void {}
  close(): void {}

  get afters(): unknown[] {
    return this.subscriptions.map(({ operation }) => operation.variables["after"]);
  }

  say(event: object, subscription = this.subscriptions.length - 1): void {
    this.subscriptions[subscription]?.sink.next({ data: { completion: event } });
  }
}

const delta = (seq: number, content: string) => ({ __typename: "CompletionDelta", seq, content, reasoning: null });
const snapshot = (seq: number, content: string) => ({ ...delta(seq, content), __typename: "CompletionSnapshot" });
const end = (seq: number) => ({ __typename: "CompletionEnd", seq, message: { id: "msg_1", status: "COMPLETE" } });

let heard: unknown[];
let over: number;

const follower = {
  onText: ({ content }: { content: string }) => void heard.push(content),
  onReplace: ({ content }: { content: string }) => void heard.push(["replace", content]),
  onEnd: ({ status }: { status: string }) => void heard.push(["end", status]),
  onError: ({ code }: RequestError) => void heard.push(["error", code]),
};
const owner = { random: () => 0, progressed: () => {}, state: () => "live" as const, over: () => void over++ };

const followed = (after = 0, told = {}) => new Followed("msg_1", after, { ...follower, ...told }, undefined, owner);

beforeEach(() => {
  heard = [];
  over = 0;
});

test("each subscription begins after the last text delivered, over whichever line", () => {
  const [one, other] = [new ScriptedLine(), new ScriptedLine()];
  const reply = followed(2);
  reply.use(one);
  one.say(delta(3, "a"));
  one.say(delta(7, "b"));
  reply.use(undefined);
  reply.use(other);
  other.say(delta(8, "c"));
  other.say(end(8));
  assert.deepEqual(one.afters, [2]);
  assert.deepEqual(other.afters, [7]);
  assert.deepEqual(heard, ["a", "b", "c", ["end", "COMPLETE"]]);
  assert.equal(over, 1);
});

test("a line that was left is not listened to, whatever it goes on to say", () => {
  const [one, other] = [new ScriptedLine(), new ScriptedLine()];
  const reply = followed();
  reply.use(one);
  reply.use(other);
  one.say(delta(1, "late"));
  one.say(end(1));
  one.subscriptions[0]?.sink.error(new RequestError("NOT_FOUND", "late"));
  one.subscriptions[0]?.sink.complete();
  other.say(delta(1, "a"));
  assert.deepEqual(heard, ["a"]);
  assert.deepEqual([one.subscriptions[0]?.left, other.subscriptions.length], [true, 1]);
});

test("what comes twice is told once", () => {
  const line = new ScriptedLine();
  followed(1).use(line);
  for (const event of [delta(1, "old"), delta(2, "a"), delta(2, "a"), snapshot(2, "a"), delta(3, "b")]) line.say(event);
  assert.deepEqual(heard, ["a", "b"]);
});

test("a snapshot replaces the text, and what follows continues it", () => {
  const line = new ScriptedLine();
  followed(1).use(line);
  line.say(snapshot(9, "all"));
  line.say(delta(10, "!"));
  assert.deepEqual(heard, [["replace", "all"], "!"]);
});

test("after the end, and after an error, there is nothing", () => {
  const line = new ScriptedLine();
  const reply = followed();
  reply.use(line);
  line.say(end(0));
  line.say(end(0));
  line.say(delta(1, "late"));
  reply.fail(new RequestError("UNAUTHENTICATED", "late"));
  followed().use(line);
  line.subscriptions[1]?.sink.error(new RequestError("NOT_FOUND", "no"));
  line.say(delta(1, "late"));
  assert.deepEqual(heard, [
    ["end", "COMPLETE"],
    ["error", "NOT_FOUND"],
  ]);
  assert.equal(over, 2);
});

test("who stops in the middle of a word hears nothing more", () => {
  const line = new ScriptedLine();
  const reply = followed(0, {
    onText: ({ content }: { content: string }) => {
      heard.push(content);
      reply.stop();
    },
  });
  reply.use(line);
  line.say(delta(1, "a"));
  line.say(delta(2, "b"));
  line.say(end(2));
  assert.deepEqual([heard, line.subscriptions[0]?.left, over], [["a"], true, 1]);
});

test("an answer that is put off is asked for again, after the last text, no sooner than the server wants", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const line = new ScriptedLine();
  followed().use(line);
  line.say(delta(4, "a"));
  const limited = new RequestError("RATE_LIMITED", "", { retryable: true, retryAfterSeconds: 3 });
  line.subscriptions[0]?.sink.error(limited);
  mock.timers.tick(2_999);
  assert.deepEqual(line.afters, [0]);
  mock.timers.tick(1);
  assert.deepEqual(line.afters, [0, 4]);
  line.say(delta(5, "b"));
  assert.deepEqual(heard, ["a", "b"]);
  mock.timers.reset();
});

test("an answer that is put off stays put off when the line is another one", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const [one, other] = [new ScriptedLine(), new ScriptedLine()];
  const reply = followed();
  reply.use(one);
  one.subscriptions[0]?.sink.error(new RequestError("RATE_LIMITED", "", { retryable: true, retryAfterSeconds: 3 }));
  reply.use(other);
  assert.deepEqual(other.afters, []);
  mock.timers.tick(3_000);
  assert.deepEqual([one.afters, other.afters], [[0], [0]]);
  mock.timers.reset();
});

test("errors in place of an event are errors, and those that pass are waited out longer each time", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const line = new ScriptedLine();
  followed().use(line);
  const away = { errors: [{ message: "", extensions: { code: "STORAGE_UNAVAILABLE", retryable: true } }] };
  for (const wait of [200, 400, 800]) {
    const asked = line.subscriptions.length;
    line.subscriptions.at(-1)?.sink.next(away);
    mock.timers.tick(wait - 1);
    assert.equal(line.subscriptions.length, asked);
    mock.timers.tick(1);
    assert.equal(line.subscriptions.length, asked + 1);
  }
  line.subscriptions.at(-1)?.sink.next({ data: null, errors: [{ message: "", extensions: { code: "INTERNAL" } }] });
  assert.deepEqual(heard, [["error", "INTERNAL"]]);
  mock.timers.reset();
});

test("a subscription that is completed without an end is begun again", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const line = new ScriptedLine();
  followed().use(line);
  line.say(delta(1, "a"));
  line.subscriptions[0]?.sink.complete();
  mock.timers.tick(200);
  assert.deepEqual(line.afters, [0, 1]);
  mock.timers.reset();
});

test("what a follower throws is reported, and takes nothing from it", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const line = new ScriptedLine();
  followed(0, {
    onText: ({ content }: { content: string }) => {
      heard.push(content);
      throw new Error(content);
    },
  }).use(line);
  line.say(delta(1, "a"));
  line.say(delta(2, "b"));
  assert.deepEqual(heard, ["a", "b"]);
  assert.throws(() => mock.timers.tick(0), /a/);
  mock.timers.reset();
});
