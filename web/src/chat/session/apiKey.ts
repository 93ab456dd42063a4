const STORED = "parley:key";

/** The API key of this browser, which all its tabs share. */
export function storedKey(): string | null {
  return localStorage.getItem(STORED);
}

export function storeKey(key: string): void {
  localStorage.setItem(STORED, key);
}

export function forgetKey(): void {
  localStorage.removeItem(STORED);
}

/** Calls back when another tab has stored a key, or forgotten it. */
export function onKeyStored(callback: () => void): () => void {
  const heard = ({ key }: StorageEvent) => {
    if (key === STORED || key === null) callback();
  };
  addEventListener("storage", heard);
  return () => removeEventListener("storage", heard);
}
