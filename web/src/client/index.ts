export { Client, type ClientOptions } from "./client.ts";
export type { EndedMessage, Text } from "./completion.ts";
export { follow, type FollowOptions } from "./follow.ts";
export type { Connection, Follower } from "./follower.ts";
export type { Place } from "./place.ts";
export { request } from "./request.ts";
export { RequestError } from "./requestError.ts";
