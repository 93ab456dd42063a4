import assert from "node:assert/strict";
import { test } from "node:test";
import { EMPTY_LISTING, reduceListing, type Listing } from "../../../../web/src/chat/conversations/listing.ts";
import type { ConversationPage } from "../../../../web/src/chat/graphql/types.ts";
import { conversation } from "./messages.ts";

/** Of a letter, later in the alphabet is later in time. */
const at = (id: string, time = id) =>
  conversation(id, { updatedAt: `2026-01-01T00:00:00.${String(time.charCodeAt(0)).padStart(3, "0")}+00:00` });
const pageOf = (ids: string, endCursor: string | null = null): ConversationPage => ({
  nodes: [...ids].map((id) => at(id)),
  pageInfo: { hasNextPage: endCursor !== null, endCursor },
});
const listed = (ids: string, end: string | null = null) => reduceListing(EMPTY_LISTING, { type: "page", page: pageOf(ids, end) });
const ids = ({ items }: Listing) => items.map(({ id }) => id).join("");

test("pages come one below the other", () => {
  const listing = reduceListing(listed("zy", "y"), { type: "page", page: pageOf("xw") });
  assert.deepEqual([ids(listing), listing.end, listing.phase], ["zyxw", null, "ready"]);
});

test("what was seen lately goes to its place, and is there once", () => {
  const listing = reduceListing(listed("zyx"), { type: "seen", conversation: at("x", "~") });
  assert.equal(ids(listing), "xzy");
  assert.equal(ids(reduceListing(listing, { type: "seen", conversation: at("a") })), "xzya");
});

test("reading the first page again drops what is gone from it, and keeps what is below", () => {
  const long = reduceListing(listed("zyxw", "w"), { type: "page", page: pageOf("vu", "u") });
  const listing = reduceListing(long, { type: "refreshed", page: pageOf("zxw", "w") });
  assert.deepEqual([ids(listing), listing.end], ["zxwvu", "u"]);
});

test("a first page that is all there is leaves nothing else", () => {
  const listing = reduceListing(listed("zyx", "x"), { type: "refreshed", page: pageOf("y") });
  assert.deepEqual([ids(listing), listing.end], ["y", null]);
  assert.equal(ids(reduceListing(listing, { type: "refreshed", page: pageOf("") })), "");
});

test("a first page that ends below all that was known goes on from its own end", () => {
  const listing = reduceListing(listed("zy", "y"), { type: "refreshed", page: pageOf("zyx", "x") });
  assert.deepEqual([ids(listing), listing.end], ["zyx", "x"]);
});

test("of equal times the later id comes first, as the server has it", () => {
  const twins = { nodes: [at("a", "m"), at("b", "m")], pageInfo: { hasNextPage: false, endCursor: null } };
  assert.equal(ids(reduceListing(EMPTY_LISTING, { type: "page", page: twins })), "ba");
});

test("what is gone is gone", () => {
  assert.equal(ids(reduceListing(listed("zyx"), { type: "gone", id: "y" })), "zx");
});
