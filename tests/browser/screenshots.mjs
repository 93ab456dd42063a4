// The pictures of the README: a conversation among others, in light and in dark.
// node screenshots.mjs URL CHROMIUM PROFILE_FOLDER SCREENSHOT_FOLDER

import { openBrowser } from "./browser.mjs";
import { chatPage } from "./chat_page.mjs";

const OTHERS = [
  "What happens when the server is killed?",
  "Ideas for a weekend in Lisbon",
  "Compare PostgreSQL and SQLite",
  "Tell me a long story about a token",
  "How do I resume a stream?",
];
const SHOWN = "Write a function that greets people, and list the steps";

const { page, url, shot, visit } = await openBrowser(process.argv.slice(2));
const chat = chatPage(page);

await visit(async () => {
  await page.setViewportSize({ width: 1200, height: 985 });
  for (const said of OTHERS) {
    await page.goto(url);
    await chat.say(said, "demo-fast");
    await chat.reaches("COMPLETE");
  }
  await page.goto(url);
  await chat.say(SHOWN, "demo");
  await chat.reaches("COMPLETE");
  await page.locator(".code-keyword").first().waitFor();
  await page.mouse.move(0, 0);
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
    await shot(`chat-${colorScheme}`);
  }
});
