// What a newcomer does on the chat page, from the first look to the last conversation deleted.
// node chat_first_visit.mjs URL CHROMIUM PROFILE_FOLDER SCREENSHOT_FOLDER

import { openBrowser } from "./browser.mjs";
import { chatPage } from "./chat_page.mjs";

const { context, page, seen, url, shot, visit } = await openBrowser(process.argv.slice(2));
const chat = chatPage(page);
const { box, replies, button } = chat;
await context.grantPermissions(["clipboard-read", "clipboard-write"]);

seen.barriers = {};
const look = async (name) => {
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
    // Names, roles and focus are the same in the dark; colours are not.
    seen.barriers[`${name}, ${colorScheme}`] = await chat.barriers(colorScheme === "dark" ? ["color-contrast"] : undefined);
    await shot(`${name}-${colorScheme}`);
  }
  await page.emulateMedia({ colorScheme: "light" });
};
const copied = async (reply) => {
  await button("Copy", reply).click();
  return page.evaluate(() => navigator.clipboard.readText());
};
const inCode = (reply) => reply.locator("pre code").first();

await visit(async () => {
  await page.goto(url);
  await box.waitFor();
  seen.title = await page.title();
  seen.playground = await page.getByRole("link", { name: "Playground" }).getAttribute("href");
  seen.focused = await box.evaluate((element) => element === document.activeElement);
  await page.waitForLoadState("networkidle");
  seen.firstLoad = [...seen.requests];
  await look("empty");

  // The first answer, and its Markdown.
  await chat.say("Compare a list of ways in a table, with code");
  await chat.reaches("STREAMING");
  await chat.shows(20);
  await shot("streaming");
  await look("streaming");
  await chat.reaches("COMPLETE");
  seen.address = new URL(page.url()).pathname;
  seen.first = {
    id: await chat.lastReply.getAttribute("data-message-id"),
    copied: await copied(chat.lastReply),
    text: await chat.text(),
    code: await inCode(chat.lastReply).textContent(),
    cells: await chat.lastReply.getByRole("cell").allTextContents(),
    items: await chat.lastReply.getByRole("listitem").count(),
    usage: await chat.lastReply.locator(".usage").textContent(),
  };
  await button("Copy code", chat.lastReply).click();
  seen.first.codeCopied = await page.evaluate(() => navigator.clipboard.readText());
  await page.locator(".code-keyword").first().waitFor();
  await look("answered");

  // Stop.
  await chat.say("Tell me a long story");
  await replies.nth(1).waitFor();
  await chat.shows(50);
  await button("Stop").click();
  await chat.reaches("STOPPED");
  seen.stopped = {
    id: await chat.lastReply.getAttribute("data-message-id"),
    copied: await copied(chat.lastReply),
    told: await chat.lastReply.textContent(),
  };
  await shot("stopped");

  // Edit: another branch, and back.
  await chat.said.last().hover();
  await button("Edit", chat.said.last()).click();
  const wording = page.getByRole("textbox", { name: "Edit message" });
  await wording.fill("Hello again");
  await look("editing");
  await button("Save and send").click();
  await chat.said.filter({ hasText: "Hello again" }).waitFor();
  await chat.reaches("STREAMING");
  const versions = chat.said.last().locator(".branch-switch");
  seen.edited = await versions.textContent();

  // Back, while the new reply is still being written; that is told, and when it has ended, too.
  await button("Previous version", versions).click();
  await chat.said.filter({ hasText: "Tell me a long story" }).waitFor();
  const elsewhere = page.getByText("A reply is being written on another branch.");
  await elsewhere.waitFor();
  await shot("elsewhere");
  await elsewhere.waitFor({ state: "detached" });
  await button("Next version", versions).click();
  await chat.said.filter({ hasText: "Hello again" }).waitFor();
  await chat.reaches("COMPLETE");
  seen.unwatched = { id: await chat.lastReply.getAttribute("data-message-id"), copied: await copied(chat.lastReply) };
  await button("Previous version", versions).click();
  await chat.said.filter({ hasText: "Tell me a long story" }).waitFor();
  seen.switchedBack = { said: await chat.said.last().textContent(), copied: await copied(chat.lastReply) };
  await page.reload();
  await chat.said.filter({ hasText: "Tell me a long story" }).waitFor();
  seen.branchAfterReload = await chat.said.last().textContent();

  // Regenerate: another reply beside it.
  await button("Regenerate", chat.lastReply).click();
  await chat.lastReply.locator(".branch-switch").waitFor();
  await chat.reaches("COMPLETE");
  seen.regenerated = await chat.lastReply.locator(".branch-switch").textContent();
  await look("versions");

  // A second conversation, found again by what was said, renamed, archived and deleted.
  await button("New chat").first().click();
  await page.waitForURL(url);
  await chat.say("What do you know of marmalade?");
  await chat.reaches("COMPLETE");
  const address = page.url();
  seen.titles = await chat.chats.getByRole("link").allTextContents();
  await page.goBack();
  await chat.said.filter({ hasText: "Tell me a long story" }).waitFor();
  seen.addressAfterBack = new URL(page.url()).pathname;
  await page.goForward();
  await page.waitForURL(address);
  await chat.said.filter({ hasText: "marmalade" }).waitFor();

  const first = chat.chat("Compare");
  await first.getByRole("link").click();
  await chat.said.filter({ hasText: "Tell me a long story" }).waitFor();
  await page.getByRole("searchbox", { name: "Search" }).fill("marmalade");
  const hit = chat.chats.getByRole("link").filter({ has: page.locator("mark") }).first();
  await hit.waitFor();
  seen.found = { marked: await hit.locator("mark").first().textContent(), text: await hit.textContent() };
  await look("search");
  await hit.click();
  await page.waitForURL((at) => at.href.startsWith(address));
  await chat.said.filter({ hasText: "marmalade" }).waitFor();
  await page.getByRole("searchbox", { name: "Search" }).fill("");
  await hit.waitFor({ state: "detached" });

  const second = chat.chat("marmalade");
  await second.hover();
  await button("Rename", second).click();
  await page.getByRole("textbox", { name: "Title" }).fill("Breakfast");
  await page.keyboard.press("Enter");
  await chat.chat("Breakfast").waitFor();
  await page.reload();
  await chat.chat("Breakfast").waitFor();
  seen.renamed = await chat.chats.getByRole("link").allTextContents();
  await chat.chat("Breakfast").hover();
  await button("Archive", chat.chat("Breakfast")).click();
  await chat.chat("Breakfast").waitFor({ state: "detached" });
  await button("Archived").click();
  await chat.chat("Breakfast").waitFor();
  seen.archived = await chat.chats.getByRole("link").allTextContents();
  await chat.chat("Breakfast").hover();
  await button("Delete", chat.chat("Breakfast")).click();
  await look("deleting");
  await button("Delete for good").click();
  await chat.chat("Breakfast").waitFor({ state: "detached" });
  await button("Chats").click();
  await chat.chat("Compare").waitFor();
  seen.left = await chat.chats.getByRole("link").allTextContents();

  // A phone.
  await chat.chat("Compare").getByRole("link").click();
  await chat.said.first().waitFor();
  await page.setViewportSize({ width: 390, height: 844 });
  seen.phone = await page.evaluate(() => ({ page: document.documentElement.scrollWidth, screen: innerWidth }));
  await look("phone");
  await button("Open sidebar").click();
  await look("phone-sidebar");
});
