/**
 * What the browser keeps for the page. It may keep nothing: where cookies are blocked, or where it is full. Then the page
 * goes on with what it has in memory.
 */
export class BrowserStorage {
  readonly #open: () => Storage;

  /** @param open throws where the browser does not allow it. */
  constructor(open: () => Storage) {
    this.#open = open;
  }

  read(key: string): string | null {
    try {
      return this.#open().getItem(key);
    } catch {
      return null;
    }
  }

  keys(): string[] {
    try {
      return Object.keys(this.#open());
    } catch {
      return [];
    }
  }

  /** Null takes it away. */
  write(key: string, value: string | null): void {
    try {
      if (value === null) this.#open().removeItem(key);
      else this.#open().setItem(key, value);
    } catch {
      // Nothing of it is lost while the page is open.
    }
  }
}

/** Of all tabs, for good. */
export const kept = new BrowserStorage(() => localStorage);
/** Of this tab, as long as it is there. */
export const keptByTab = new BrowserStorage(() => sessionStorage);
