import { assert, until } from './stage.mjs';

/// A helper's page: what it shows, stop and start, a request that is cancelled, and the helper killed under it.
export default async function helper(stage) {
  const page = await stage.loggedIn('#/helpers/demo');
  const badge = page.locator('.page-head .badge');
  await page.locator('.page-head').getByText('ready').waitFor();
  await page.getByText('kismet_demo').first().waitFor();
  const link = page.getByRole('link', { name: '/demo/stream.html' });
  assert.equal(await link.evaluate((a) => a.href), `${stage.url}/demo/stream.html`);
  await page.locator('.history', { hasText: 'started as process' }).waitFor();
  stage.done('a helper is described');

  await page.evaluate(() => { window.stream = fetch('demo/stream.txt').then((answer) => answer.text()).catch(String); });
  const cancel = page.getByRole('button', { name: 'Cancel GET /demo/stream.txt' });
  stage.expected.push(/ERR_INCOMPLETE_CHUNKED.*stream\.txt/);  // So the browser says that it was cut off.
  await cancel.click();
  await cancel.waitFor({ state: 'detached' });
  await page.evaluate(() => window.stream);  // Its answer is over.
  stage.done('an open request is cancelled');

  await page.getByRole('button', { name: 'Stop' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
  assert.equal(await badge.innerText(), 'ready');
  await page.getByRole('button', { name: 'Stop' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Stop' }).click();
  await page.locator('.page-head').getByText('stopped').waitFor();
  await page.getByRole('button', { name: 'Start', exact: true }).click();
  await page.locator('.page-head').getByText('ready').waitFor();
  await page.getByRole('button', { name: 'Restart' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Restart' }).click();
  const started = page.locator('.history', { hasText: /(started as process[^]*){3}/ });
  await started.waitFor();  // The process of before the restart was ready too.
  await page.locator('.page-head').getByText('ready').waitFor();
  stage.done('it is stopped, started and restarted, after a question');

  await stage.ask('kill demo');
  await page.getByRole('heading', { name: 'Last failure' }).waitFor();
  await page.locator('.report-summary', { hasText: 'SIGKILL' }).waitFor();
  await page.locator('.page-head').getByText('ready').waitFor();  // It was started again.
  await until(async () => Number(await page.locator('.tile', { hasText: 'Restarts' }).locator('strong').innerText()) > 1, 'restarts count');
  stage.done('a helper is killed under its page');

  await stage.go(page, '#/helpers/busy');
  await page.locator('.output').getByText('this is line 40').waitFor();
  await stage.ask('noise');
  await page.locator('.output').getByText('this is line 41').waitFor();
  await page.getByRole('button', { name: 'Restart' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Restart' }).click();
  await until(async () => await page.locator('.output-line').last().innerText() === 'this is line 40', 'its next process begins anew');
  stage.done('its output comes live');

  stage.expected.push(/helpers\/nobody/);
  await stage.go(page, '#/helpers/nobody');
  await page.getByText('There is no helper “nobody”').waitFor();
  stage.done('a helper that is not there is said to be so');
}
