export type Reducer<State, Action> = (state: State, action: Action) => State;

/** Calls back at the next frame, or soon where the page is hidden and has no frames. */
export type Schedule = (callback: () => void) => void;

/**
 * State that only its reducer changes, as `useSyncExternalStore` takes it.
 *
 * What comes many times a frame is dispatched `lazily`: the state has it at once, those who show it are told once a frame.
 */
export class Store<State, Action> {
  readonly #reduce: Reducer<State, Action>;
  readonly #schedule: Schedule;
  readonly #listeners = new Set<() => void>();
  #state: State;
  #owing = false;

  constructor(reduce: Reducer<State, Action>, state: State, schedule: Schedule = nextFrame) {
    this.#reduce = reduce;
    this.#state = state;
    this.#schedule = schedule;
  }

  readonly get = (): State => this.#state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  dispatch(action: Action): void {
    if (this.#step(action)) this.#tell();
  }

  dispatchLazily(action: Action): void {
    if (!this.#step(action) || this.#owing) return;
    this.#owing = true;
    this.#schedule(() => {
      if (this.#owing) this.#tell();
    });
  }

  #step(action: Action): boolean {
    const before = this.#state;
    this.#state = this.#reduce(before, action);
    return this.#state !== before;
  }

  #tell(): void {
    this.#owing = false;
    for (const listener of [...this.#listeners]) listener();
  }
}

/** A store of one value, which is replaced as a whole. */
export class Cell<Value> extends Store<Value, Value> {
  constructor(value: Value) {
    super((_, next) => next, value);
  }
}

const HIDDEN_PAGE_MS = 250;

function nextFrame(callback: () => void): void {
  if (document.visibilityState === "hidden") setTimeout(callback, HIDDEN_PAGE_MS);
  else requestAnimationFrame(callback);
}
