import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { chatAddresses } from "./chatAddresses.ts";
import { precompress } from "./precompress.ts";

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

export default defineConfig({
  plugins: [chatAddresses(), precompress()],
  build: {
    outDir: path("../app/web/static"),
    emptyOutDir: true,
    target: "es2022",
    // Nothing becomes a data: URL, so the Content-Security-Policy needs none for fonts.
    assetsInlineLimit: 0,
    // Monaco is one big module graph that loads after the page has rendered.
    chunkSizeWarningLimit: 4096,
    reportCompressedSize: false,
    rolldownOptions: {
      input: { chat: path("chat.html"), playground: path("playground.html"), swagger: path("swagger.html") },
      // "use client" in React packages means nothing here; a hundred warnings about it would hide a real one.
      checks: { moduleLevelDirective: false },
    },
  },
  worker: { format: "es" },
  // `npx vite` beside `make run` shows a change of the chat page at once.
  server: { proxy: { "/graphql": { target: `http://127.0.0.1:${process.env["PARLEY_PORT"] ?? 8000}`, ws: true } } },
});
