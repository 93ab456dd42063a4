import { Cell } from "./store.ts";

/** What the address names: a conversation, or a new one, and perhaps a message to show of it. */
export interface Route {
  conversation: string | null;
  message: string | null;
}

export const NEW_CHAT: Route = { conversation: null, message: null };

const CONVERSATION_PATH = /^\/c\/([^/]+)\/?$/;

export function parseRoute({ pathname, hash }: { pathname: string; hash: string }): Route {
  const conversation = CONVERSATION_PATH.exec(pathname)?.[1];
  if (conversation === undefined) return NEW_CHAT;
  return { conversation: decoded(conversation), message: decoded(hash.slice(1)) || null };
}

export function formatRoute({ conversation, message }: Route): string {
  if (conversation === null) return "/";
  const fragment = message === null ? "" : `#${encodeURIComponent(message)}`;
  return `/c/${encodeURIComponent(conversation)}${fragment}`;
}

/** As it is where it cannot be decoded: then there is no such thing, which the server says better. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The address bar: what it names now, and how to go elsewhere. */
export class Router {
  readonly route = new Cell<Route>(parseRoute(location));

  constructor() {
    const read = () => this.route.dispatch(parseRoute(location));
    addEventListener("popstate", read);
    addEventListener("hashchange", read);
  }

  go(route: Route): void {
    const address = formatRoute(route);
    if (address === location.pathname + location.hash) history.replaceState(null, "", address);
    else history.pushState(null, "", address);
    this.route.dispatch(route);
  }

  /** The place that is open is another one than the address says: the conversation has got its id, or is gone. */
  correct(route: Route): void {
    history.replaceState(null, "", formatRoute(route));
    this.route.dispatch(route);
  }
}
