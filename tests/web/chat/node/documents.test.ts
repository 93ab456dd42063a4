import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { buildSchema, parse, validate } from "../../../../web/node_modules/graphql/index.mjs";
import * as documents from "../../../../web/src/chat/graphql/documents.ts";

const SCHEMA = buildSchema(readFileSync(new URL("../../../../schema.graphql", import.meta.url), "utf8"));

for (const [name, document] of Object.entries(documents)) {
  test(`${name} fits the schema`, () => {
    const whole = name === "ENDED" ? `query Ended($id: ID!) { message(id: $id) { ${document} } }` : document;
    assert.deepEqual(validate(SCHEMA, parse(whole)), []);
  });
}
