// The chat page as people find their way on it: by names and roles.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export function chatPage(page) {
  const box = page.getByRole("textbox", { name: "Message", exact: true });
  const replies = page.getByRole("article", { name: "Parley said" });
  const button = (name, within = page) => within.getByRole("button", { name, exact: true });
  const chats = page.getByRole("navigation", { name: "Conversations" });
  return {
    box,
    replies,
    lastReply: replies.last(),
    said: page.getByRole("article", { name: "You said" }),
    status: page.locator(".status-line"),
    button,
    chats,
    /** The conversation of that title in the list. */
    chat: (title) => chats.getByRole("listitem").filter({ has: page.getByRole("link", { name: title }) }),

    async say(text, model) {
      if (model) await page.getByRole("combobox", { name: "Model" }).selectOption(model);
      await box.fill(text);
      await box.press("Enter");
    },

    /** Waits until the last reply has come to that status. */
    async reaches(status) {
      await page.waitForFunction(
        (wanted) => [...document.querySelectorAll('article[aria-label="Parley said"]')].at(-1)?.dataset.status === wanted,
        status,
      );
    },

    /** Waits until the last reply shows that many characters. */
    async shows(characters) {
      await page.waitForFunction(
        (least) => {
          const reply = [...document.querySelectorAll('article[aria-label="Parley said"]')].at(-1);
          return (reply?.querySelector(".markdown")?.textContent.length ?? 0) >= least;
        },
        characters,
      );
    },

    text: (reply = replies.last()) => reply.locator(".markdown").evaluate((shown) => shown.textContent),

    /** What axe-core finds that keeps people from using the page; by all of its rules, or by some. */
    async barriers(rules) {
      if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(axe);
      const options = { resultTypes: ["violations"], ...(rules && { runOnly: rules }) };
      const { violations } = await page.evaluate((options) => globalThis.axe.run(options), options);
      return violations
        .filter(({ impact }) => impact === "serious" || impact === "critical")
        .map(({ id, nodes }) => `${id}: ${nodes.map(({ target, any }) => `${target} ${any[0]?.message ?? ""}`).join(" | ")}`);
    },
  };
}
