// Messages whose answers are lost, that are taken back, or refused; long conversations and lists; and hands on the keyboard.
// node chat_sending.mjs URL CHROMIUM PROFILE_FOLDER SCREENSHOT_FOLDER

import { ask, openBrowser } from "./browser.mjs";
import { chatPage } from "./chat_page.mjs";

const { page, seen, url, stepMs, shot, visit } = await openBrowser(process.argv.slice(2));
const chat = chatPage(page);
const { box, button } = chat;
const ENDPOINT = "**/graphql";
const isPost = (route) => route.request().postData()?.includes("mutation Post") ?? false;
const conversation = () => decodeURIComponent(new URL(page.url()).pathname.split("/").at(-1));
const dots = page.getByRole("img", { name: "A reply is being written" });
const focused = () => page.evaluate(() => document.activeElement?.ariaLabel ?? document.activeElement?.tagName);

/** No post reaches the server until it is called off. */
async function cutPosts() {
  await page.route(ENDPOINT, (route) => (isPost(route) ? route.abort() : route.continue()));
  return () => page.unroute(ENDPOINT);
}

async function sayAnew(text, model) {
  await button("New chat").click();
  await chat.say(text, model);
}

/** The server does what it is asked to do; its answers are lost twice. */
async function lostAnswers() {
  let lost = 0;
  await page.route(ENDPOINT, async (route) => {
    if (!isPost(route) || lost === 2) return route.continue();
    lost += 1;
    await route.fetch();
    await route.abort();
  });
  await sayAnew("Its answer is lost twice", "demo-fast");
  await chat.reaches("COMPLETE");
  await page.unroute(ENDPOINT);
  seen.lost = { times: lost, conversation: conversation(), focused: await focused() };
}

/** It waits over a reload, and is sent although the page is opened with another conversation. */
async function leftBehind() {
  const elsewhere = page.url();
  const mend = await cutPosts();
  await sayAnew("Left behind", "demo-fast");
  await button("Take back").waitFor();
  await page.reload();
  await button("Take back").waitFor();
  await shot("not-sent-yet");
  await page.goto(elsewhere);
  await chat.lastReply.waitFor();
  await mend();
  await page.getByRole("link", { name: "Left behind" }).waitFor();
  seen.leftBehind = { stayed: page.url() === elsewhere };
}

async function takenBack() {
  const mend = await cutPosts();
  await sayAnew("Taken back");
  await button("Take back").click();
  await mend();
  seen.takenBack = { box: await box.inputValue(), shown: await chat.said.count(), path: new URL(page.url()).pathname };
  await box.fill("");
}

/** Somebody else, of whom this page has heard nothing, is being answered in the same conversation. */
async function busy() {
  await sayAnew("First of all", "demo-fast");
  await chat.reaches("COMPLETE");
  seen.busy = { conversation: conversation() };
  await ask("post elsewhere");
  await chat.say("Refused for now", "demo-fast");
  await page.getByRole("alert").filter({ hasText: "is being generated" }).waitFor();
  seen.busy.box = await box.inputValue();
  await button("Stop").click();
  await chat.reaches("STOPPED");
  seen.busy.focused = await focused();
  await box.press("Enter");
  await chat.said.filter({ hasText: "Refused for now" }).waitFor();
  await chat.reaches("COMPLETE");
  seen.busy.complaint = (await page.getByRole("alert").textContent()).trim();
}

async function background() {
  await sayAnew("Answered while another conversation is looked at", "demo");
  await dots.waitFor();
  await button("New chat").click();
  await dots.waitFor({ state: "detached", timeout: 2 * stepMs });
  await page.goBack();
  await chat.reaches("COMPLETE");
}

/** Scrolls up to where older messages are asked for; tells where the topmost one in sight is, before any can have come. */
const scrollUp = () =>
  page.getByRole("log").evaluate((log) => {
    log.scrollTop = Math.min(log.scrollTop, 300);
    const articles = [...log.querySelectorAll("article")];
    const first = articles.find((each) => each.getBoundingClientRect().bottom > log.getBoundingClientRect().top + 1);
    return { id: first.id, top: first.getBoundingClientRect().top, messages: articles.length };
  });

/** Another wording that is begun, and left for another conversation, is there when one comes back. */
async function reworded() {
  const wording = page.getByRole("textbox", { name: "Edit message" });
  await sayAnew("To be reworded", "demo-fast");
  await chat.reaches("COMPLETE");
  await chat.said.last().hover();
  await button("Edit", chat.said.last()).click();
  await wording.fill("Half a new wor");
  await button("New chat").click();
  await wording.waitFor({ state: "detached" });
  await page.goBack();
  await wording.waitFor();
  seen.reworded = await wording.inputValue();
  await page.keyboard.press("Escape");
}

/** Which way what is said runs, in the box and when it is sent. */
async function rightToLeft() {
  const runs = (where) => where.evaluate((each) => getComputedStyle(each).direction);
  await box.fill("שלום, Parley!");
  const inBox = await runs(box);
  await sayAnew("שלום, Parley!", "demo-fast");
  await chat.reaches("COMPLETE");
  const paragraphs = await chat.lastReply.locator(".markdown p").evaluateAll((all) => all.map((each) => getComputedStyle(each).unicodeBidi));
  await shot("right-to-left");
  seen.rightToLeft = { inBox, said: await runs(chat.said.last().locator(".bubble")), paragraphs: [...new Set(paragraphs)] };
}

/** Somebody else deletes the conversation while something is being written to it. */
async function deletedElsewhere() {
  await sayAnew("To be deleted elsewhere", "demo-fast");
  await chat.reaches("COMPLETE");
  await ask("delete elsewhere");
  await chat.say("Nobody will read this", "demo-fast");
  const main = page.getByRole("main");
  await main.getByRole("heading", { name: "does not exist" }).waitFor();
  await shot("deleted-elsewhere");
  const title = await main.locator(".head h2").textContent();
  seen.deletedElsewhere = { title, kept: await main.locator(".note").textContent(), copies: await button("Copy", main).count() };
  await button("New chat", main).last().click();
  await box.waitFor();
  seen.deletedElsewhere.path = new URL(page.url()).pathname;
}

/** More than the server searches for. */
async function refusedSearch() {
  const search = page.getByRole("searchbox", { name: "Search" });
  const found = page.locator(".found");
  await search.fill("much ".repeat(1_000));
  await page.getByRole("alert").filter({ hasText: /\S/ }).waitFor();
  await found.filter({ hasNotText: "Searching" }).waitFor();
  seen.refusedSearch = { says: await found.textContent() };
  await search.fill("reworded");
  await found.filter({ hasText: "message" }).waitFor();
  seen.refusedSearch.complaint = (await page.getByRole("alert").textContent()).trim();
  await search.fill("");
}

/** Up to the first message of a long conversation, and back. */
async function paged() {
  const long = await ask("long conversation");
  await page.goto(new URL(`/c/${long.id}`, url).href);
  await page.getByText("Message number 149", { exact: true }).waitFor();
  const log = page.getByRole("log");
  seen.paged = { moved: [], atEnd: await log.evaluate((each) => each.scrollHeight - each.scrollTop - each.clientHeight) };
  for (let shown = 30; shown < 150; ) {
    const before = await scrollUp();
    await page.waitForFunction((least) => document.querySelectorAll("article").length > least, before.messages);
    const after = await page.evaluate((id) => document.getElementById(id).getBoundingClientRect().top, before.id);
    seen.paged.moved.push(Math.abs(after - before.top));
    shown = await page.getByRole("article").count();
  }
  seen.paged.contents = await page.locator("article p:first-child, article .bubble").allTextContents();
  await button("Jump to latest").click();
  await button("Jump to latest").waitFor({ state: "detached" });

  // By address, to a message that is not among the last ones.
  await page.goto(url);
  await page.goto(new URL(`/c/${long.id}#${long.tenth}`, url).href);
  await page.waitForFunction((id) => document.activeElement?.id === id, long.tenth);
  seen.paged.inSight = await page.locator(`#${long.tenth}`).evaluate((each) => {
    const log = each.closest("[role=log]").getBoundingClientRect();
    const { top, bottom } = each.getBoundingClientRect();
    return top >= log.top && bottom <= log.bottom;
  });
}

/** As many conversations as there are, by scrolling alone. */
async function listed() {
  const links = chat.chats.getByRole("link");
  await links.first().waitFor();
  while (await chat.chats.getByText("Loading more…").count()) {
    const before = await links.count();
    await links.last().scrollIntoViewIfNeeded();
    await page.waitForFunction(
      (least) =>
        document.querySelectorAll("nav a").length > least || !document.querySelector("nav")?.textContent?.includes("Loading more"),
      before,
    );
  }
  seen.listed = await links.allTextContents();
}

/** While text comes in, the end stays in sight of those who are there, and others stay where they read. */
async function reading() {
  await page.setViewportSize({ width: 900, height: 420 });
  await sayAnew("A long story, and code, and a table, and a list", "demo");
  const log = page.getByRole("log");
  const place = () => log.evaluate((each) => ({ top: each.scrollTop, below: each.scrollHeight - each.scrollTop - each.clientHeight }));
  const grows = async () => chat.shows((await chat.text()).length + 100);
  await chat.shows(600);
  seen.reading = { atEnd: (await place()).below };
  await log.hover();
  await page.mouse.wheel(0, -40);
  await button("Jump to latest").waitFor();
  const before = await place();
  await grows();
  seen.reading.moved = Math.abs((await place()).top - before.top);
  await button("Jump to latest").click();
  await grows();
  seen.reading.afterJump = (await place()).below;
  await page.keyboard.press("Escape");
  await chat.reaches("STOPPED");
  await page.setViewportSize({ width: 1360, height: 860 });
}

async function byKeyboard() {
  await page.getByRole("log").focus();
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
  await shot("shortcuts");
  await page.keyboard.press("Escape");
  seen.keyboard = { afterDialog: await focused() };
  await page.keyboard.press("Control+k");
  await page.keyboard.type("table");
  seen.keyboard.search = await page.getByRole("searchbox", { name: "Search" }).inputValue();
  await page.keyboard.press("Escape");
  seen.keyboard.searchAfterEscape = await page.getByRole("searchbox", { name: "Search" }).inputValue();
  await page.keyboard.press("Shift+Escape");
  await page.keyboard.press("ArrowUp");
  const wording = page.getByRole("textbox", { name: "Edit message" });
  await wording.waitFor();
  await page.keyboard.press("Escape");
  await wording.waitFor({ state: "detached" });
  seen.keyboard.afterEdit = await focused();
  await button("Theme: as the system's").click();
  await button("Theme: light").click();
  await page.reload();
  seen.keyboard.theme = await page.locator("html").getAttribute("data-theme");
  await button("Theme: dark").click();
}

/** Who deletes one conversation after the other finds the focus on the next one each time. */
async function deleted() {
  const links = chat.chats.getByRole("link");
  const titles = (await links.allTextContents()).slice(0, 3);
  seen.deleted = [];
  for (const title of titles.slice(0, 2)) {
    const item = chat.chat(title).first();
    await item.hover();
    await button(title === titles[0] ? "Delete" : "Archive", item).click();
    if (title === titles[0]) await button("Delete for good").click();
    await page.getByRole("link", { name: title, exact: true }).waitFor({ state: "detached" });
    await page.waitForFunction(() => document.activeElement?.matches("nav a"));
    seen.deleted.push(await page.evaluate(() => document.activeElement.textContent));
  }
  seen.heirs = titles.slice(1);
}

await visit(async () => {
  await page.goto(url);
  await box.waitFor();
  await lostAnswers();
  await leftBehind();
  await takenBack();
  await busy();
  await background();
  await reading();
  await byKeyboard();
  await reworded();
  await rightToLeft();
  await deletedElsewhere();
  await refusedSearch();
  await paged();
  await ask("many conversations");
  await page.goto(url);
  await listed();
  await deleted();
});
