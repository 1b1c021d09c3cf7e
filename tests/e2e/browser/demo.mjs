// A person's first minutes with the daemon, in Debian's chromium: node demo.mjs URL USER PASSWORD. Prints what worked.
import { chromium } from 'playwright-core';

const [url, username, password] = process.argv.slice(2);
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
const troubles = [];
try {
  // The first visit sets the login.
  let page = await newPerson();
  await page.goto(url);
  await page.getByText('This daemon has no login yet').waitFor();
  await logIn(password);
  await page.getByRole('link', { name: '/demo/index.html' }).waitFor();
  console.log('set-up works');

  // The next one asks for it.
  page = await newPerson();
  await page.goto(url);
  await logIn('wrong');
  await page.getByText('Wrong name or password').waitFor();
  await logIn(password);
  await page.getByRole('link', { name: '/demo/index.html' }).waitFor();
  console.log('login works');

  page.on('response', answer => answer.status() < 400 || answer.url().endsWith('/favicon.ico') || troubles.push(answer.url()));
  for (const prefix of ['/demo', '/demo-py']) {
    await page.goto(url);
    await page.getByRole('link', { name: `${prefix}/index.html` }).click();
    await page.getByRole('heading', { name: 'Hello' }).waitFor();

    await page.getByRole('link', { name: 'stream' }).click();
    await page.getByText('line 2').waitFor();  // The answer is not over: this came while it goes on.
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
    await page.getByText('TIMESTAMP').first().waitFor();

    await page.goto(`${url}${prefix}/message.html`);
    await page.locator('[name=text]').fill(`hello from ${prefix}`);
    await page.getByRole('button', { name: 'Say it' }).click();
    await page.goto(url);
    await page.getByText(`hello from ${prefix}`).waitFor();
    console.log(`${prefix} works`);
  }
  if (troubles.length) throw new Error(troubles.join('\n'));

  async function newPerson() {
    const person = await browser.newPage();  // With a context, and so with cookies, of its own.
    person.setDefaultTimeout(60_000);
    person.on('pageerror', error => troubles.push(String(error)));
    return person;
  }

  async function logIn(secret) {
    await page.getByLabel('Name').fill(username);
    await page.getByLabel('Password').fill(secret);
    await page.getByRole('button', { name: 'Log in' }).click();
  }
} finally {
  await browser.close();
}
