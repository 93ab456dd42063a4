// Drives GraphiQL in a real browser and prints what happened as JSON on stdout; what it means is judged by the caller.
// node playground.mjs URL CHROMIUM PROFILE_FOLDER SCREENSHOT_FOLDER

import { openBrowser } from "./browser.mjs";

const { page, seen, url, stepMs, shot, visit } = await openBrowser(process.argv.slice(2));

/** The whole text of an editor, of which the page shows only the lines that fit. */
const editorText = (name) =>
  page.evaluate((suffix) => {
    const models = globalThis.__MONACO?.editor.getModels() ?? [];
    return models.find((model) => model.uri.path.endsWith(suffix))?.getValue();
  }, name);
const response = async () => {
  const text = await editorText("response.json");
  return text ? JSON.parse(text) : undefined;
};

async function until(what, condition) {
  const deadline = Date.now() + stepMs;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > deadline) {
      throw new Error(`${what}: not within ${stepMs} ms; the response is ${JSON.stringify(await response())}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

const run = () => page.locator(".graphiql-execute-button").click();
const openTab = (name) => page.getByRole("tab", { name, exact: true }).click();
const post = (query) =>
  page.evaluate(async (body) => {
    const answer = await fetch("/graphql", { method: "POST", headers: { "content-type": "application/json" }, body });
    return (await answer.json()).data;
  }, JSON.stringify({ query }));
const stopCompletion = () => post('mutation { stopCompletion(messageId: "latest") { id } }');

/** Replaces an editor's text as one paste, so that the editor closes no brackets of its own. */
async function write(label, text) {
  await page.locator(label).locator(".view-lines").first().click();
  await page.keyboard.press("ControlOrMeta+A");
  await page.keyboard.insertText(text);
}

await visit(async () => {
  await page.goto(url);
  await page.getByRole("tab", { name: "PostMessage" }).waitFor();
  await page.locator(".graphiql-query-editor .view-line").first().waitFor();
  seen.title = await page.title();
  seen.chat = await page.getByRole("link", { name: "Parley" }).getAttribute("href");
  seen.fonts = await page.evaluate(async () => {
    await document.fonts.ready;
    return [...document.fonts].filter((font) => font.status === "loaded").map((font) => font.family);
  });

  await run();
  seen.mutation = await until("a message posted", response);
  await shot("mutation-light");

  await openTab("FollowCompletion");
  await run();
  seen.live = await until("text streamed", async () => {
    const result = await response();
    return result?.data?.completion?.seq === 2 && result;
  });
  await shot("subscription-light");
  seen.watchersWhileFollowing = (await post("{ watchers }")).watchers;
  await stopCompletion();
  seen.ended = await until("the end told", async () => {
    const result = await response();
    return result?.data?.completion?.__typename === "CompletionEnd" && result;
  });

  await openTab("Conversations");
  await run();
  seen.query = await until("conversations listed", response);
  await openTab("Models");
  await run();
  seen.models = await until("models listed", response);

  // A watcher that stops watching is gone from the server at once.
  await openTab("PostMessage");
  await run();
  await until("a message posted again", response);
  await openTab("FollowCompletion");
  await run();
  await until("text streamed again", async () => (await response())?.data?.completion?.seq === 2);
  await run();
  await until("the watcher gone", async () => (await post("{ watchers }")).watchers === 0);
  await stopCompletion();

  // Headers typed by the user reach both transports.
  await page.getByRole("button", { name: "New tab" }).click();
  await page.getByRole("button", { name: "Headers", exact: true }).click();
  await write('section[aria-label="Headers"] .graphiql-editor:not(.hidden)', '{"x-api-key": "secret"}');
  await write(".graphiql-query-editor", "query Key { apiKey }");
  await run();
  seen.keyOverHttp = await until("the key over HTTP", response);
  await write(".graphiql-query-editor", "subscription Key { apiKey }");
  await page.getByRole("tab", { name: "Key" }).waitFor();
  await run();
  seen.keyOverSocket = await until("the key over the socket", async () => {
    const result = await response();
    return seen.sockets.length > 2 && result?.data && result;
  });

  // What loads only when it is asked for.
  await openTab("FollowCompletion");
  await page.getByRole("button", { name: /prettify/i }).click();
  await page.getByRole("button", { name: /documentation explorer/i }).click();
  await page.locator(".graphiql-doc-explorer-content").getByText("Subscription").first().waitFor();
  await shot("documentation-light");
  await page.getByRole("button", { name: /graphiql explorer/i }).click();
  await page.locator(".graphiql-explorer-root").waitFor();

  // The system turns dark while the page is open; the editors' colours follow with the page's.
  await page.emulateMedia({ colorScheme: "dark" });
  await until("dark editors", () => page.locator(".monaco-editor.vs-dark").count());
  await shot("explorer-dark");

  // GraphiQL stores its tabs half a second after they change.
  const stored = () => page.evaluate(() => JSON.parse(localStorage.getItem("graphiql:tabState") ?? "{}"));
  await until("the tabs stored", async () => (await stored()).activeTabIndex === 1);
  await page.reload();
  await page.locator(".graphiql-query-editor .view-line").first().waitFor();
  const tabs = page.getByRole("tab");
  seen.tabsAfterReload = await tabs.evaluateAll((all) => all.map((tab) => tab.firstChild.textContent));
  seen.selectedAfterReload = await tabs.evaluateAll((all) =>
    all.filter((tab) => tab.ariaSelected === "true").map((tab) => tab.firstChild.textContent),
  );
  seen.variablesAfterReload = await editorText("variables.json");
});
