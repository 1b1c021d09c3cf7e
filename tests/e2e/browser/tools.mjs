import { assert, until } from './stage.mjs';

/// Events, endpoints, API keys, the wire, and a plugin's tab: what each is for.
export default async function tools(stage) {
  const page = await stage.loggedIn('#/events');
  await page.locator('.event', { hasText: 'TIMESTAMP' }).first().waitFor();
  await page.getByRole('button', { name: 'Publish a test event' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Topic').fill('MY_TOPIC');
  await dialog.getByLabel('Content').fill('{"colour": "red",');
  await dialog.getByRole('button', { name: 'Publish' }).click();
  await dialog.getByText('not JSON').waitFor();
  await dialog.getByLabel('Content').fill('{"colour": "red", "parts": [1, 2]}');
  await dialog.getByRole('button', { name: 'Publish' }).click();
  await page.locator('.topic-row', { hasText: 'MY_TOPIC' }).click();
  await until(async () => await page.locator('.event').count() === 1, 'one topic is shown');
  await page.locator('.event summary').first().click();
  await page.locator('.json-text', { hasText: 'red' }).waitFor();
  await page.getByText('parts', { exact: true }).waitFor();
  stage.done('an event is published, found by its topic and unfolded');

  await stage.go(page, '#/endpoints');
  await page.getByLabel('Part of the path').fill('demo/');
  await page.getByRole('button', { name: 'Try GET /demo/stream.txt' }).click();
  await page.getByRole('button', { name: 'Send GET' }).click();
  await page.locator('.try-body', { hasText: 'line 2' }).waitFor();  // It goes on: this is shown as it comes.
  await page.getByRole('button', { name: 'Stop' }).click();
  await page.locator('.try-status', { hasText: 'stopped' }).waitFor();
  await page.getByRole('button', { name: 'Close' }).click();
  await page.getByRole('button', { name: 'Try POST /demo/variables.html' }).click();
  await page.getByRole('button', { name: 'Variable', exact: true }).click();
  await page.getByLabel('Name').fill('colour');
  await page.getByLabel('Value').fill('blue & green');
  await page.getByRole('button', { name: 'Send POST' }).click();
  await page.locator('.try-body', { hasText: 'blue &amp; green' }).waitFor();
  await page.locator('.try-status', { hasText: '200' }).waitFor();
  await page.getByRole('button', { name: 'Close' }).click();
  await page.getByRole('row', { name: /variables\.html.*POST|POST.*variables\.html/ }).first().waitFor();
  stage.done('endpoints are tried, the answer shown as it comes');

  await stage.go(page, '#/keys');
  await page.getByText('There is no API key yet').waitFor();
  await page.getByRole('button', { name: 'Create the first' }).click();
  await page.getByRole('dialog').getByLabel('Name').fill('prometheus');
  await page.getByRole('dialog').getByRole('button', { name: 'Create' }).click();
  const token = await page.locator('.token').innerText();
  assert.match(token, /^[0-9A-F]{32}$/);
  const answer = await (await stage.browser.newContext()).request.get(`${stage.url}/system/status.json`, { headers: { Cookie: `KISMET=${token}` } });
  assert.equal(answer.status(), 200);
  await page.getByRole('button', { name: 'I have kept it' }).click();
  await page.locator('dialog').waitFor({ state: 'detached' });
  await page.getByRole('row', { name: /prometheus/ }).getByText('readonly').waitFor();
  assert.equal(await page.getByText(token).count(), 0);
  await page.getByRole('button', { name: 'Revoke' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
  await page.getByText('There is no API key yet').waitFor();
  stage.done('an API key is made, shown once, used and revoked');
}
