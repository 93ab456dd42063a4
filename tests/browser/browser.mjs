// A real browser that reaches one host only, and what it saw there.

import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { chromium } from "playwright-core";

const STEP_MS = 20_000;

const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

/** Asks whoever started this driver: for something to be done, or to be told. */
export async function ask(name) {
  console.log(JSON.stringify({ ask: name }));
  const { value } = await answers.next();
  return JSON.parse(value).answer;
}

/** The arguments are those of every driver here: URL CHROMIUM PROFILE_FOLDER SCREENSHOT_FOLDER. */
export async function openBrowser([url, executablePath, profile, screenshots]) {
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    viewport: { width: 1360, height: 860 },
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      // No other host resolves, not even a bare address: what is not at the page's own fails, and shows as a failure.
      `--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE ${new URL(url).hostname}`,
    ],
  });
  context.setDefaultTimeout(STEP_MS);

  const seen = { requests: [], sockets: [], console: [], failures: [], violations: [] };
  context.on("request", (request) => seen.requests.push(request.url()));
  context.on("requestfailed", (request) => {
    const reason = request.failure()?.errorText;
    // Cut off by ourselves: by the reload, or by the end.
    if (reason !== "net::ERR_ABORTED") seen.failures.push(`${request.url()} ${reason}`);
  });
  context.on("response", (response) => {
    if (response.status() >= 400) seen.failures.push(`${response.url()} ${response.status()}`);
  });
  context.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) seen.console.push(`${message.type()}: ${message.text()}`);
  });
  context.on("weberror", (error) => seen.console.push(`uncaught: ${error.error()}`));

  const page = context.pages()[0];
  const onSocket = (page) => page.on("websocket", (socket) => seen.sockets.push(socket.url()));
  onSocket(page);
  context.on("page", onSocket);
  await context.exposeFunction("onViolation", (violation) => seen.violations.push(violation));
  await context.addInitScript(() => {
    addEventListener("securitypolicyviolation", (event) => {
      window.onViolation(`${event.effectiveDirective} blocked ${event.blockedURI || "inline"} at ${event.sourceFile}`);
    });
  });

  const shot = (name) => page.screenshot({ path: join(screenshots, `${name}.png`) });

  /** Does the steps, closes the browser, and prints what was seen, with the error that ended it if there was one. */
  async function visit(steps) {
    try {
      await steps();
    } catch (error) {
      seen.error = String(error.stack);
      await shot("failure").catch(() => {});
    } finally {
      await context.close();
    }
    console.log(JSON.stringify(seen));
    process.stdin.destroy();
  }

  return { context, page, seen, url, stepMs: STEP_MS, shot, visit };
}
