// Has a model say the worst, and looks at what the page makes of it.
// node chat_hostile.mjs URL CHROMIUM PROFILE_FOLDER SCREENSHOT_FOLDER

import { ask, openBrowser } from "./browser.mjs";
import { chatPage } from "./chat_page.mjs";

const { context, page, seen, url, shot, visit } = await openBrowser(process.argv.slice(2));
const chat = chatPage(page);
await context.addInitScript(() => {
  globalThis.ran = [];
  for (const name of ["alert", "confirm", "prompt", "open"]) globalThis[name] = () => globalThis.ran.push(name);
});

const FORBIDDEN = "script, iframe, img, svg, object, embed, form, style, link, meta, base, video, audio, input, [onerror], [onload], [style]";

const inspect = () =>
  page.evaluate((forbidden) => {
    const said = [...document.querySelectorAll("article .markdown, article .bubble, nav [href]")];
    const links = said.flatMap((each) => [...each.querySelectorAll("a[href]")]);
    return {
      ran: globalThis.ran,
      elements: said.flatMap((each) => [...each.querySelectorAll(forbidden)]).map((each) => each.outerHTML),
      links: links.map(({ href, protocol, target, rel }) => ({ href, protocol, target, rel })),
      text: said.map((each) => each.textContent).join("\n"),
    };
  }, FORBIDDEN);

await visit(async () => {
  const { prompt, question, long, longText } = await ask("scripts");
  await page.goto(url);
  await chat.say(prompt, "upstream");
  await chat.reaches("STREAMING");
  await chat.shows(1);
  seen.streaming = await inspect();
  await chat.reaches("COMPLETE");
  seen.complete = await inspect();
  await shot("hostile");
  await page.reload();
  await chat.reaches("COMPLETE");
  seen.reloaded = await inspect();

  // What people say becomes titles and headlines.
  await chat.button("New chat").first().click();
  await chat.said.first().waitFor({ state: "detached" });
  await chat.say(question, "demo-fast");
  await chat.reaches("COMPLETE");
  await page.getByRole("searchbox", { name: "Search" }).fill("quince");
  await page.locator("nav mark").first().waitFor();
  seen.question = await inspect();
  await shot("hostile-headline");
  await page.getByRole("searchbox", { name: "Search" }).fill("");

  // A text that is made to be slow: the page is still there while it comes, and has all of it.
  await chat.say(long, "upstream");
  await chat.said.nth(1).waitFor();
  await chat.box.fill("still here");
  seen.typed = await chat.box.inputValue();
  await chat.reaches("COMPLETE");
  const shown = await chat.text();
  seen.long = { shown: shown.length, said: longText.length };
});
