// A server that wants keys: asked for one, refused with a wrong one, let in with a right one, and out again.
// node chat_key.mjs URL CHROMIUM PROFILE_FOLDER SCREENSHOT_FOLDER

import { ask, openBrowser } from "./browser.mjs";
import { chatPage } from "./chat_page.mjs";

const { page, seen, url, shot, visit } = await openBrowser(process.argv.slice(2));
const chat = chatPage(page);
const dialog = page.getByRole("dialog", { name: "API key" });
const enter = async (key) => {
  await dialog.getByLabel("Key", { exact: true }).fill(key);
  await chat.button("Use key", dialog).click();
};

await visit(async () => {
  await page.goto(url);
  await dialog.waitFor();
  seen.asked = await dialog.textContent();
  seen.barriers = await chat.barriers();
  await shot("asked");
  await enter("pk_wrong");
  await dialog.getByText("does not take").waitFor();
  seen.refused = await dialog.textContent();
  await enter(await ask("key"));
  await dialog.waitFor({ state: "detached" });
  await chat.say("Hello!", "demo-fast");
  await chat.reaches("COMPLETE");
  seen.titles = await chat.chats.getByRole("link").allTextContents();
  await page.reload();
  await chat.reaches("COMPLETE");
  await chat.box.fill("For nobody else's eyes");
  await chat.button("API key").click();
  await shot("forgetting");
  await chat.button("Forget key", dialog).click();
  await dialog.getByText("wants a key").waitFor();
  seen.stored = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }));
  seen.shownToNobody = await chat.chats.getByRole("link").count();
});
