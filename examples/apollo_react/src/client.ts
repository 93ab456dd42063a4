import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from "@apollo/client";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { OperationTypeNode } from "graphql";
import { createClient } from "graphql-ws";
import { resumingLink } from "./resumingLink.ts";

const url = new URL("/graphql", location.href);
// It is `resumingLink` that comes back: what the package sent again would be the first `after`.
const sockets = createClient({ url: url.href.replace("http", "ws"), retryAttempts: 0 });

export const client = new ApolloClient({
  link: ApolloLink.split(
    ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
    ApolloLink.from([resumingLink, new GraphQLWsLink(sockets)]),
    new HttpLink({ uri: url.href }),
  ),
  cache: new InMemoryCache(),
});
