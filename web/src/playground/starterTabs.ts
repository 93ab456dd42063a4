import type { GraphiQLProps } from "graphiql";
import { LATEST_REPLY } from "./latestReply.ts";
import conversations from "./operations/Conversations.graphql?raw";
import followCompletion from "./operations/FollowCompletion.graphql?raw";
import models from "./operations/Models.graphql?raw";
import postMessage from "./operations/PostMessage.graphql?raw";

export type Tab = NonNullable<GraphiQLProps["defaultTabs"]>[number];

const json = (value: unknown) => JSON.stringify(value, null, 2);

export const firstTab: Tab = {
  query: postMessage,
  variables: json({ input: { content: "Hello! What can you do?" } }),
};

/** What a first visit opens with, in the order in which a newcomer runs it. */
export const starterTabs: Tab[] = [
  firstTab,
  { query: followCompletion, variables: json({ messageId: LATEST_REPLY, after: 0 }) },
  { query: conversations, variables: json({ first: 10 }) },
  { query: models },
];
