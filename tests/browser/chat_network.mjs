// Follows answers over a network that cuts every connection, and over one that lets no WebSocket through.
// node chat_network.mjs URL CHROMIUM PROFILE_FOLDER SCREENSHOT_FOLDER

import { ask, openBrowser } from "./browser.mjs";
import { chatPage } from "./chat_page.mjs";
import { watchText } from "./exact_text.mjs";

const { context, page, seen, url, shot, visit } = await openBrowser(process.argv.slice(2));
const { faults, expect } = await watchText(context);
const chat = chatPage(page);
seen.faults = faults;

async function whole(name) {
  const { prompt, text } = await ask("script");
  const before = await chat.replies.count();
  await expect(page, text);
  await chat.say(prompt, "upstream");
  await chat.replies.nth(before).waitFor();
  await chat.reaches("COMPLETE");
  await shot(name);
  return { said: text, shown: await chat.text(), id: await chat.lastReply.getAttribute("data-message-id") };
}

await visit(async () => {
  await ask("cut sockets");
  await page.goto(url);
  seen.cut = await whole("cut");
  await ask("block sockets");
  await page.reload();
  await chat.replies.first().waitFor();
  seen.blocked = await whole("blocked");
});
