import assert from "node:assert/strict";
import { test } from "node:test";
import { Store } from "../../../../web/src/chat/store.ts";

function counting() {
  const frames: (() => void)[] = [];
  const store = new Store((sum: number, add: number) => sum + add, 0, (callback) => frames.push(callback));
  const told: number[] = [];
  const stop = store.subscribe(() => told.push(store.get()));
  return { store, frames, told, stop };
}

test("what is dispatched is told at once, and nothing where nothing has changed", () => {
  const { store, told, stop } = counting();
  store.dispatch(1);
  store.dispatch(0);
  store.dispatch(2);
  stop();
  store.dispatch(3);
  assert.deepEqual(told, [1, 3]);
});

test("what comes many times a frame is known at once, and told once a frame", () => {
  const { store, frames, told } = counting();
  for (let each = 0; each < 100; each += 1) store.dispatchLazily(1);
  assert.deepEqual([store.get(), told, frames.length], [100, [], 1]);
  frames.shift()?.();
  assert.deepEqual(told, [100]);
  store.dispatchLazily(1);
  assert.equal(frames.length, 1);
});

test("what is told before the frame is not told again in it", () => {
  const { store, frames, told } = counting();
  store.dispatchLazily(1);
  store.dispatch(1);
  frames.shift()?.();
  assert.deepEqual(told, [2]);
});
