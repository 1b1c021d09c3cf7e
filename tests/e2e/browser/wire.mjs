import { readFile } from 'node:fs/promises';
import { assert, until } from './stage.mjs';

/// A helper's frames, live: both directions, filtered by command, kept as a capture, without credentials in it.
export default async function wire(stage) {
  const page = await stage.loggedIn('#/helpers/demo');
  await page.getByRole('link', { name: 'Wire' }).click();
  await page.getByRole('heading', { name: 'demo wire' }).waitFor();
  await page.locator('.frame.out', { hasText: 'EVENT' }).first().waitFor();
  await page.evaluate(() => fetch('demo/variables.html?colour=red').then((answer) => answer.text()));
  await page.locator('.frame.out', { hasText: 'HTTPREQUEST' }).first().waitFor();
  await page.locator('.frame.in', { hasText: 'HTTPRESPONSE' }).first().waitFor();
  stage.done('frames come from both sides');

  await page.locator('.chip', { hasText: 'HTTPREQUEST' }).first().click();
  await until(async () => await page.locator('.frame').count() === 1, 'one command is shown');
  await page.evaluate(() => fetch('demo/variables.html?colour=green').then((answer) => answer.text()));
  await page.locator('.frame', { hasText: 'green' }).waitFor();
  assert.equal(await page.locator('.frame', { hasText: 'HTTPRESPONSE' }).count(), 0);
  await page.locator('.frame summary').first().click();
  await page.locator('.json-text', { hasText: '/demo/variables.html' }).first().waitFor();
  stage.done('it is filtered by command, a frame unfolds');

  const [cookie] = (await page.context().cookies()).filter(({ name }) => name === 'KISMET');
  const coming = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Capture' }).click();
  const lines = (await readFile(await (await coming).path(), 'utf8')).trim().split('\n');
  const [head, ...frames] = lines.map((line) => JSON.parse(line));
  assert.equal(head.kismet_wire_capture, 1);
  assert.equal(head.helper, 'demo');
  assert.equal(frames.length, 2);
  for (const frame of frames) {
    assert.equal(frame.command, 'HTTPREQUEST');
    const bytes = Buffer.from(frame.frame, 'base64').toString('latin1');
    assert.ok(!bytes.includes(cookie.value) && !JSON.stringify(frame).includes(cookie.value), 'the session is masked');
  }
  stage.done('a capture is kept');
}
