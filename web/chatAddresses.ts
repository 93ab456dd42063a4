import type { Plugin } from "vite";

const ADDRESSES = /^\/(?:c\/[^/?]+)?(?:\?|$)/;

/** Lets Vite's own server show the chat page at the addresses at which Parley does. */
export function chatAddresses(): Plugin {
  return {
    name: "chat-addresses",
    apply: "serve",
    configureServer({ middlewares }) {
      middlewares.use((request, _response, next) => {
        if (ADDRESSES.test(request.url ?? "")) request.url = "/chat.html";
        next();
      });
    },
  };
}
