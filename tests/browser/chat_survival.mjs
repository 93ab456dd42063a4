// What happens to an answer when the page is reloaded, the server is killed, the network goes, and others look on.
// node chat_survival.mjs URL CHROMIUM PROFILE_FOLDER SCREENSHOT_FOLDER

import { ask, openBrowser } from "./browser.mjs";
import { chatPage } from "./chat_page.mjs";
import { watchText } from "./exact_text.mjs";

const { context, page, seen, url, shot, visit } = await openBrowser(process.argv.slice(2));
const { faults, expect, expectAnything } = await watchText(context);
const chat = chatPage(page);
const { box, button } = chat;
seen.faults = faults;

const id = (of = chat) => of.lastReply.getAttribute("data-message-id");

/** Has the model say a text that is known beforehand, and waits until a good part of it is shown. */
async function begin() {
  const { prompt, text } = await ask("script");
  const before = await chat.replies.count();
  await expect(page, text);
  await chat.say(prompt, "upstream");
  await chat.replies.nth(before).waitFor();
  await chat.shows(200);
  return text;
}

async function told(pattern) {
  await chat.status.filter({ hasText: pattern }).waitFor();
  return (await chat.status.textContent()).trim();
}

await visit(async () => {
  await page.goto(url);
  await box.waitFor();

  // Reloaded in the middle.
  seen.reloaded = { said: await begin() };
  await box.fill("What I am writing meanwhile");
  await page.reload();
  await chat.shows(200);
  seen.reloaded.statusAfter = await chat.lastReply.getAttribute("data-status");
  seen.reloaded.draft = await box.inputValue();
  await shot("reloaded");
  await chat.reaches("COMPLETE");
  Object.assign(seen.reloaded, { id: await id(), shown: await chat.text() });
  await box.fill("");

  // Offline, and back.
  seen.offline = { said: await begin() };
  await context.setOffline(true);
  seen.offline.told = await told(/offline/i);
  await shot("offline");
  await ask("more is said");
  await context.setOffline(false);
  await chat.reaches("COMPLETE");
  Object.assign(seen.offline, { id: await id(), shown: await chat.text(), toldAfter: (await chat.status.textContent()).trim() });

  // Two tabs, the second opened in the middle.
  seen.tabs = { said: await begin() };
  const second = await context.newPage();
  const other = chatPage(second);
  await second.goto(page.url());
  await other.shows(200);
  await chat.reaches("COMPLETE");
  await other.reaches("COMPLETE");
  Object.assign(seen.tabs, { id: await id(), first: await chat.text(), second: await other.text() });
  await expectAnything(page);
  await second.bringToFront();
  await other.say("From the second tab", "demo-fast");
  await other.said.filter({ hasText: "From the second tab" }).waitFor();
  await chat.said.filter({ hasText: "From the second tab" }).waitFor();
  await Promise.all([chat.reaches("COMPLETE"), other.reaches("COMPLETE")]);
  seen.tabs.sameReply = (await chat.text()) === (await other.text());
  const item = other.chats.getByRole("listitem").first();
  await item.hover();
  await button("Rename", item).click();
  await second.getByRole("textbox", { name: "Title" }).fill("Renamed in the second tab");
  await second.keyboard.press("Enter");
  await chat.chat("Renamed in the second tab").waitFor();
  await second.close();
  await page.bringToFront();

  // The server is killed in the middle, and comes back.
  seen.killed = { said: await begin() };
  await ask("kill");
  seen.killed.told = await told(/reconnect/i);
  seen.killed.shownMeanwhile = await chat.text();
  await shot("killed");
  await ask("start");
  await chat.reaches("INTERRUPTED");
  Object.assign(seen.killed, { id: await id(), shown: await chat.text(), notice: await chat.lastReply.locator(".ending").textContent() });
  await shot("interrupted");

  // A message that is sent while there is no server is sent once there is one, and once only.
  await expectAnything(page);
  await ask("kill");
  await chat.say("Sent to nobody", "demo-fast");
  seen.unsent = { told: await told(/kept/i) };
  await shot("unsent");
  await ask("start");
  await chat.said.filter({ hasText: "Sent to nobody" }).waitFor();
  await chat.reaches("COMPLETE");
  seen.unsent.times = await chat.said.filter({ hasText: "Sent to nobody" }).count();
  seen.unsent.conversation = new URL(page.url()).pathname.split("/").at(-1);
});
