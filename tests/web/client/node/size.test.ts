import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";

const MOST_BYTES = 6 * 1024;
const client = new URL("../../../../web/src/client/", import.meta.url);

test("the whole of it is less than 6 KB on the wire, and needs nothing", async () => {
  const web = createRequire(new URL("../../package.json", client));
  const { build } = await import(pathToFileURL(createRequire(web.resolve("vite")).resolve("rolldown")).href);
  const input = fileURLToPath(new URL("index.ts", client));
  const { output } = await build({ input, write: false, output: { minify: true } });
  assert.deepEqual([output.length, output[0].imports], [1, []]);
  const bytes = gzipSync(output[0].code, { level: 9 }).length;
  assert.ok(bytes < MOST_BYTES, `${bytes} bytes`);
});

test("every file of it may be copied alone with the others: nothing outside is imported", async () => {
  const index = await readFile(new URL("index.ts", client), "utf8");
  const seen = new Set<string>(["index.ts"]);
  const queue = [index];
  for (let source = queue.pop(); source !== undefined; source = queue.pop()) {
    for (const [, path = ""] of source.matchAll(/ from "([^"]+)"/g)) {
      assert.match(path, /^\.\/\w+\.ts$/);
      if (seen.has(path)) continue;
      seen.add(path);
      queue.push(await readFile(new URL(path, client), "utf8"));
    }
  }
});
