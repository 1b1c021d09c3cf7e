import { assert, until } from './stage.mjs';

/// The daemon goes and comes while pages are open; a session ends while one is open.
export default async function life(stage) {
  stage.expected.push(/WebSocket connection/, /ERR_CONNECTION_/, /ERR_EMPTY_RESPONSE/, /ERR_INCOMPLETE_CHUNKED/, /ERR_SOCKET/);
  const page = await stage.loggedIn('#/messages');
  await page.getByText('listening on').waitFor();
  const events = await page.context().newPage();
  await events.goto(`${stage.url}/#/events`);
  await events.locator('.event').first().waitFor();
  const helper = await page.context().newPage();
  await helper.goto(`${stage.url}/#/helpers/demo`);
  await helper.locator('.page-head').getByText('ready').waitFor();
  const process = await helper.locator('.page-head').getByText(/process \d+/).innerText();

  await stage.ask('stop');
  for (const one of [page, events, helper]) await one.getByText(/Connection lost/).waitFor();
  stage.done('each page says that the connection is lost');
  await stage.ask('start');
  for (const one of [page, events, helper]) await one.locator('#link.good').waitFor();
  await page.getByText('The daemon was restarted').waitFor();
  await until(async () => await page.getByText('listening on').count() === 2, 'the new messages come after the old ones');
  await until(async () => { const now = await helper.locator('.page-head').getByText(/process \d+/).innerText(); return now !== process; }, 'the new process is shown');
  const seen = await events.locator('.event').count();
  assert.ok(seen > 0);
  await events.locator('.event', { hasText: 'HELPER_READY' }).first().waitFor();
  stage.done('each page goes on after a restart of the daemon');

  stage.expected.push(/status of 401/);
  await page.getByLabel('Text in the message').fill('listening');
  await page.context().clearCookies({ name: 'KISMET' });
  await page.getByText('Your session has ended').waitFor();
  await stage.logIn(page);
  await page.getByText('Your session has ended').waitFor({ state: 'detached' });
  assert.equal(await page.getByLabel('Text in the message').inputValue(), 'listening');
  await page.locator('.message', { hasText: 'listening on' }).first().waitFor();
  stage.done('a session that ends is renewed in place');
}
