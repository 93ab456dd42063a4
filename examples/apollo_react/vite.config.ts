import { defineConfig } from "vite";

const target = process.env["PARLEY_URL"] ?? "http://127.0.0.1:8000";

// Same origin for the page: a browser lets others open no WebSocket of Parley's.
export default defineConfig({ server: { proxy: { "/graphql": { target, ws: true } } } });
