// Asks the page of examples/apollo_react for a long story, and reports the answer as it is shown once it has ended.
//
//   node apollo_react.mjs URL CHROMIUM PROFILE_FOLDER SCREENSHOT_FOLDER
import { openBrowser } from '../browser/browser.mjs'

const { page, seen, url, shot, visit } = await openBrowser(process.argv.slice(2))

await visit(async () => {
  await page.goto(url)
  await page.getByLabel('Message').fill('Tell me a long story')
  await page.getByRole('button', { name: 'Send' }).click()
  const reply = page.locator('[data-message-id]')
  await reply.waitFor()
  await page.locator('[data-status]:not([data-status=STREAMING])').waitFor({ timeout: 60_000 })
  seen.id = await reply.getAttribute('data-message-id')
  seen.status = await reply.getAttribute('data-status')
  seen.text = await reply.textContent()
  await shot('answered')
})
