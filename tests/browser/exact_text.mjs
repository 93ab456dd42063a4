// Looks at every change of the page: at no moment may the reply that is shown be anything but the beginning of what was said.

/**
 * Watches the last reply of the page, also after a reload; `expect` says what it has to be.
 * Characters that are lost, doubled or reordered stand in `faults`, with where they begin.
 */
export async function watchText(context) {
  const faults = [];
  await context.exposeFunction("onFault", (fault) => faults.push(fault));
  await context.addInitScript(() => {
    let longest = 0;
    const check = () => {
      const whole = sessionStorage.getItem("expected text");
      const shown = [...document.querySelectorAll('article[aria-label="Parley said"]')].at(-1)?.querySelector(".markdown");
      if (whole === null || !shown || shown.parentElement.id === sessionStorage.getItem("last reply before")) return;
      const text = shown.textContent;
      let same = 0;
      while (same < text.length && text[same] === whole[same]) same++;
      if (same < text.length) window.onFault(`not what was said: ${text.slice(same, same + 40)} for ${whole.slice(same, same + 40)}`);
      // What marks may turn out to be something else is held back for a moment, never more.
      if (text.length < longest - 8) window.onFault(`${longest - text.length} characters were taken away`);
      longest = Math.max(longest, text.length);
    };
    window.expectText = (whole) => {
      longest = 0;
      const last = [...document.querySelectorAll('article[aria-label="Parley said"]')].at(-1);
      sessionStorage.setItem("last reply before", last?.id ?? "");
      sessionStorage.setItem("expected text", whole);
    };
    addEventListener("DOMContentLoaded", () => {
      new MutationObserver(check).observe(document.body, { subtree: true, childList: true, characterData: true });
    });
  });
  return {
    faults,
    expect: (page, whole) => page.evaluate((text) => window.expectText(text), whole),
    expectAnything: (page) => page.evaluate(() => sessionStorage.removeItem("expected text")),
  };
}
