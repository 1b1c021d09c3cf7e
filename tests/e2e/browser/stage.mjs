import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const require = createRequire(`${process.env.BROWSER_MODULES}/`);
const { chromium } = require('playwright-core');
const kDeadlineMs = Number(process.env.DEADLINE_MS ?? 60_000);  // Only bounds a test that fails.

/// The browser, the daemon's address and login, and the test that started us: it is asked for what only it can do.
export class Stage {
  static async open(url) {
    const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
    return new Stage(url, await chromium.launch({ executablePath, args: ['--no-sandbox', '--enable-precise-memory-info'] }));
  }

  constructor(url, browser) {
    Object.assign(this, { url, browser, user: process.env.KISMET_USER, password: process.env.KISMET_PASSWORD });
    this.troubles = [];
    this.expected = [];  // Patterns of console errors that belong to the scenario.
    this.input = createInterface({ input: process.stdin });
    this.answers = this.input[Symbol.asyncIterator]();
  }

  /// A browser of somebody who was never here. Whatever goes wrong in its console, against the Content-Security-Policy or
  /// in a script is a trouble.
  async newPerson(options = {}) {
    const context = await this.browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
    context.setDefaultTimeout(kDeadlineMs);
    const page = await context.newPage();
    page.on('pageerror', (error) => this.troubles.push(error.stack));
    page.on('console', (message) => {
      const where = message.location().url ?? '';
      // Whether there is a login is told by 401 and 406; browsers write all such answers to the console.
      if (message.type() !== 'error' || /\/session\/check_/.test(where)) return;
      const text = `${message.text()} (${where})`;
      if (!this.expected.some((pattern) => pattern.test(text))) this.troubles.push(text);
    });
    await page.addInitScript(() => addEventListener('securitypolicyviolation', (event) =>
      console.error(`policy violated: ${event.violatedDirective} ${event.blockedURI}`)));
    return page;
  }

  async logIn(page, password = this.password) {
    await page.getByLabel('Name').fill(this.user);
    await page.getByLabel('Password').fill(password);
    await page.locator('.gate button').click();
  }

  /// Somebody who has logged in and sees `hash`.
  async loggedIn(hash = '#/', options = {}) {
    const page = await this.newPerson(options);
    await page.goto(`${this.url}/${hash}`);
    await this.logIn(page);
    await page.locator('#link.good').waitFor();
    return page;
  }

  go(page, hash) {
    return page.evaluate((to) => { location.hash = to; }, hash);
  }

  /// Asks the test for something, such as "restart"; returns what it answers.
  async ask(what) {
    console.log(`ASK ${what}`);
    return (await this.answers.next()).value;
  }

  done(what) {
    console.log(what);
  }

  checkTroubles() {
    assert.deepEqual(this.troubles, []);
  }

  close() {
    this.input.close();
    return this.browser.close();
  }
}

/// Waits until `condition()` is true; what it waits for is told by no event.
export async function until(condition, what, deadline = kDeadlineMs) {
  const end = Date.now() + deadline;
  for (;;) {
    const result = await condition();
    if (result) return result;
    assert.ok(Date.now() < end, `waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
export { assert };
