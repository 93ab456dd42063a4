import { ApolloProvider } from "@apollo/client/react";
import { createRoot } from "react-dom/client";
import { Chat } from "./Chat.tsx";
import { client } from "./client.ts";

createRoot(document.getElementById("root")!).render(
  <ApolloProvider client={client}>
    <Chat />
  </ApolloProvider>,
);
