import type { Conversation, ConversationPage } from "../graphql/types.ts";

/** A list of conversations, newest activity first, of which the pages down to `end` are known. */
export interface Listing {
  phase: "loading" | "ready";
  items: readonly Conversation[];
  /** The cursor after which more are; null where this is all. */
  end: string | null;
}

export type ListingAction =
  | { type: "page"; page: ConversationPage }
  | { type: "refreshed"; page: ConversationPage }
  | { type: "seen"; conversation: Conversation }
  | { type: "gone"; id: string };

export const EMPTY_LISTING: Listing = { phase: "loading", items: [], end: null };

export function reduceListing(listing: Listing, action: ListingAction): Listing {
  switch (action.type) {
    case "page":
      return { phase: "ready", items: joined(listing.items, action.page.nodes), end: endOf(action.page) };
    case "refreshed":
      return refreshed(listing, action.page);
    case "seen":
      return { ...listing, items: joined(listing.items, [action.conversation]) };
    case "gone":
      return { ...listing, items: listing.items.filter(({ id }) => id !== action.id) };
  }
}

/** The first page was read again: it says all about what is as new as its last item; below, what was known stays. */
function refreshed(listing: Listing, page: ConversationPage): Listing {
  const last = page.nodes.at(-1);
  if (last === undefined || !page.pageInfo.hasNextPage) {
    return { phase: "ready", items: joined([], page.nodes), end: null };
  }
  const below = listing.items.filter((each) => byActivity(last, each) < 0);
  const end = below.length > 0 ? listing.end : endOf(page);
  return { phase: "ready", items: joined(below, page.nodes), end };
}

function joined(items: readonly Conversation[], fresh: readonly Conversation[]): Conversation[] {
  const all = new Map([...items, ...fresh].map((each) => [each.id, each]));
  return [...all.values()].sort(byActivity);
}

/** Times of one form and offset, so their text is in their order; of equals the later id is first, as the server has it. */
function byActivity(one: Conversation, other: Conversation): number {
  if (one.updatedAt !== other.updatedAt) return one.updatedAt < other.updatedAt ? 1 : -1;
  if (one.id === other.id) return 0;
  return one.id < other.id ? 1 : -1;
}

function endOf({ pageInfo }: ConversationPage): string | null {
  return pageInfo.hasNextPage ? pageInfo.endCursor : null;
}
