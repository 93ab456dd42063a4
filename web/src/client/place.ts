import { RequestError } from "./requestError.ts";

/** Where Parley is, and who asks. */
export interface Place {
  /** Of the GraphQL endpoint; relative to the page where it is not absolute. */
  url: string;
  /** Needed where the server wants keys. */
  key?: string;
}

export function socketUrl({ url }: Place): string {
  const absolute = new URL(url, globalThis.location?.href);
  absolute.protocol = absolute.protocol === "https:" ? "wss:" : "ws:";
  return absolute.href;
}

/** The payload of `connection_init`: browsers let nobody set headers of a WebSocket. */
export function credentials({ key }: Place): Record<string, string> {
  return key ? { authorization: `Bearer ${key}` } : {};
}

/** @throws RequestError where the key is none that could be sent; `fetch` would say that the server is not there. */
export function headers(place: Place): Record<string, string> {
  if (/[^\x20-\x7e]/.test(place.key ?? "")) {
    throw new RequestError("UNAUTHENTICATED", "the API key has a character that no key has");
  }
  return { "content-type": "application/json", ...credentials(place) };
}
