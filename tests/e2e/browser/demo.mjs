// A person's first minute with the demo, in Debian's chromium: node demo.mjs URL USER PASSWORD. Prints what it saw.
import { chromium } from 'playwright-core';

const [url, username, password] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
try {
  const context = await browser.newContext({
    extraHTTPHeaders: { Authorization: 'Basic ' + Buffer.from(`${username}:${password}`).toString('base64') },
  });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const troubles = [];
  page.on('pageerror', error => troubles.push(String(error)));
  page.on('response', answer => answer.ok() || answer.url().endsWith('/favicon.ico') || troubles.push(answer.url()));

  for (const prefix of ['/demo', '/demo-py']) {
    await page.goto(`${url}${prefix}/index.html`);
    await page.getByRole('heading', { name: 'Hello' }).waitFor();

    await page.getByRole('link', { name: 'stream' }).click();
    await page.getByText('line 2').waitFor();  // The answer goes on: it came while the stream runs.
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByText('the stream has ended').waitFor();

    await page.goto(`${url}${prefix}/variables.html`);
    await page.getByRole('button', { name: 'POST' }).click();
    await page.getByRole('cell', { name: 'red & blue' }).waitFor();

    await page.goto(`${url}${prefix}/download.html`);
    await page.locator('#size').fill('3000000');
    await page.getByRole('button', { name: 'Download' }).click();
    await page.getByText('3000000 bytes').waitFor();

    await page.goto(`${url}${prefix}/events.html`);
    await page.getByText('TIMESTAMP').waitFor();
    console.log(`${prefix} works`);
  }
  if (troubles.length) throw new Error(troubles.join('\n'));
} finally {
  await browser.close();
}
