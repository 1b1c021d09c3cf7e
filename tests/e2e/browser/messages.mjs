import { assert, until } from './stage.mjs';

/// The tail of messages, filtered, paused and scrolled back through the log.
export default async function messages(stage) {
  const page = await stage.loggedIn('#/messages');
  const say = (text, error = '') => page.evaluate(([t, e]) => fetch('demo/message.html', {
    method: 'POST', body: new URLSearchParams({ text: t, error: e }) }).then((answer) => answer.text()), [text, error]);
  const list = page.locator('.live-list');
  const newest = () => page.locator('.message').last().locator('.text').innerText();
  await page.getByText('listening on').waitFor();
  await say('this is the tail');
  await until(async () => await newest() === 'this is the tail', 'the newest message is at the end');

  await say('this is an error', '1');
  await page.locator('.message.error', { hasText: 'this is an error' }).waitFor();
  stage.done('messages come, with their severity');

  // 1500 messages were in the log before, of an earlier start.
  await list.evaluate((view) => { view.scrollTop = 0; });
  const first = page.getByText('old message 0', { exact: true });
  await until(async () => {
    if (await first.isVisible()) return true;
    await list.evaluate((view) => { view.scrollTop = 0; });
    return false;
  }, 'the log is scrolled back to its beginning');
  stage.done('it scrolls back through the log');

  // Where the reader is stays where it is, whatever comes.
  await list.evaluate((view) => { view.scrollTop += 1500; });
  const place = () => list.evaluate((view) => {
    const top = view.getBoundingClientRect().top;
    const row = [...view.querySelectorAll('.message')].find((one) => one.getBoundingClientRect().top >= top);
    return `${row.querySelector('.text').textContent} at ${Math.round(row.getBoundingClientRect().top - top)}`;
  });
  await page.getByRole('button', { name: /go to the latest/ }).waitFor();
  await until(async () => { const before = await place(); await new Promise((r) => page.evaluate(() => new Promise(requestAnimationFrame)).then(r)); return before === await place(); }, 'it has come to rest');
  const before = await place();
  for (let i = 0; i < 30; ++i) await say(`meanwhile ${i}`);
  const jump = page.getByRole('button', { name: /30 new/ });
  await jump.waitFor();
  assert.equal(await place(), before);
  await jump.click();
  await until(async () => await newest() === 'meanwhile 29', 'it goes to the end');
  stage.done('it pauses when the reader scrolls, and goes on');

  await page.getByLabel('Text in the message').fill('AN ERROR');
  await until(async () => await page.locator('.message').count() === 1, 'only messages with the text are shown');
  await page.getByLabel('Text in the message').fill('');
  await page.getByLabel('Severity').selectOption('problems');
  await until(async () => await page.locator('.message:not(.error)').count() === 0, 'only errors are shown');
  await page.getByLabel('Severity').selectOption('');
  await page.getByLabel('Helper').selectOption('demo-py');
  await until(async () => new Set(await page.locator('.message .source').allInnerTexts()).size === 1, 'only one helper is shown');
  await page.getByLabel('Text in the message').fill('old message 77');  // The filter reaches into the log.
  await page.getByLabel('Helper').selectOption('demo');
  await page.locator('.message', { hasText: 'old message 770' }).waitFor();
  stage.done('filters by text, severity and helper');
}
