import assert from "node:assert/strict";
import { test } from "node:test";
import { modelInUse } from "../../../../web/src/chat/composer/modelInUse.ts";
import { conversation, message } from "./messages.ts";

const MODELS = ["default", "large", "small"].map((id) => ({ id, ownedBy: "" }));
const SAID = [message("a", { model: "small" }), message("b", { role: "USER" })];

test("the next message is for the model that was picked, the conversation's, the last one's, the default one", () => {
  assert.equal(modelInUse(MODELS, "large", conversation("c", { model: "small" }), SAID), "large");
  assert.equal(modelInUse(MODELS, null, conversation("c", { model: "large" }), SAID), "large");
  assert.equal(modelInUse(MODELS, null, conversation("c"), SAID), "small");
  assert.equal(modelInUse(MODELS, null, null, []), "default");
});

test("a model that is not served any more is not asked", () => {
  const played = [message("a", { model: "replay:msg_1" })];
  assert.equal(modelInUse(MODELS, "gone", conversation("c", { model: "gone" }), played), "default");
  assert.equal(modelInUse([], "large", null, []), null);
});
