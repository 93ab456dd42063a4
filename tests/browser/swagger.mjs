// Reads and tries the REST API at /docs in a real browser; what it means is judged by the caller.
// node swagger.mjs URL CHROMIUM PROFILE_FOLDER SCREENSHOT_FOLDER

import { openBrowser } from "./browser.mjs";

const { page, seen, url, shot, visit } = await openBrowser(process.argv.slice(2));

const texts = (selector) => page.locator(selector).evaluateAll((all) => all.map((each) => each.textContent));
const operation = (method, path) =>
  page.locator(`.opblock-${method}`).filter({ has: page.locator(`[data-path="${path}"]`) });

/** Fills in the form of an opened operation, sends it, and gives what the page shows of the answer. */
async function execute(opened, body) {
  if (body !== undefined) await opened.locator("textarea.body-param__text").fill(JSON.stringify(body));
  await opened.getByRole("button", { name: "Execute" }).click();
  const answer = opened.locator(".live-responses-table .response");
  await answer.locator(".response-col_status").waitFor();
  return {
    status: (await answer.locator(".response-col_status").textContent()).trim(),
    body: await answer.locator(".highlight-code code, pre.microlight").first().textContent(),
  };
}

async function open(method, path) {
  const opened = operation(method, path);
  await opened.locator(".opblock-summary-control").click();
  await opened.getByRole("button", { name: "Execute" }).waitFor();
  return opened;
}

await visit(async () => {
  await page.goto(url);
  await page.locator(".opblock").first().waitFor();
  seen.title = await page.title();
  seen.operations = await page.locator(".opblock").evaluateAll((all) =>
    all.map((each) => [
      each.querySelector(".opblock-summary-method").textContent,
      each.querySelector("[data-path]").dataset.path,
    ]),
  );
  await shot("overview");

  const models = await open("get", "/v1/models");
  seen.models = await execute(models);

  const create = await open("post", "/v1/chat/completions");
  seen.example = await create.locator("textarea.body-param__text").inputValue();
  seen.fields = await create.locator(".opblock-description, .opblock-section").allTextContents();
  const messages = [{ role: "user", content: "Hello!" }];
  seen.completion = await execute(create, { model: "demo-fast", messages });
  await shot("completion");
  await create.getByRole("button", { name: "Clear" }).click();
  seen.stream = await execute(create, { model: "demo-fast", messages, stream: true });
  seen.statuses = (await texts(".opblock-post .responses-table:not(.live-responses-table) .response-col_status")).map((each) => each.trim());

  await page.emulateMedia({ colorScheme: "dark" });
  await page.locator("html.dark-mode").waitFor();
  await shot("dark");
});
