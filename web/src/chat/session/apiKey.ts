import { kept } from "./browserStorage.ts";

const STORED = "parley:key";

/** The API key of this browser, which all its tabs share. */
export const storedKey = (): string | null => kept.read(STORED);

export const storeKey = (key: string): void => kept.write(STORED, key);

export const forgetKey = (): void => kept.write(STORED, null);

/** Calls back when another tab has stored a key, or forgotten it. */
export function onKeyStored(callback: () => void): void {
  addEventListener("storage", ({ key }) => {
    if (key === STORED || key === null) callback();
  });
}
