import { assert, until } from './stage.mjs';

const kSeconds = Number(process.env.LOAD_SECONDS ?? 15);  // After the list has been filled once.

/// 1,000 events a second: the list keeps up, holds what it may and no more. 10,000 routes and helpers: only what is in view
/// is in the document.
export default async function load(stage) {
  const page = await stage.loggedIn('#/events');
  await page.locator('.event').first().waitFor();
  const tools = await page.context().newCDPSession(page);
  const measure = async () => {
    await tools.send('HeapProfiler.collectGarbage');
    const { usedSize } = await tools.send('Runtime.getHeapUsage');
    const nodes = await page.evaluate(() => document.querySelectorAll('*').length);
    return { heap: usedSize / 1e6, nodes };
  };
  await page.evaluate(() => {
    window.leave = new AbortController();
    window.events = fetch('busy/events.txt?rate=1000', { signal: window.leave.signal }).then((answer) => answer.text()).catch(String);
    window.frames = [];
    let last = performance.now();
    requestAnimationFrame(function frame(now) { window.frames.push(now - last); last = now; requestAnimationFrame(frame); });
  });
  await page.getByText('BUSY_0').first().waitFor();
  const newest = async () => Number(/"number":(\d+)/.exec(await page.locator('.event .preview').last().innerText())?.[1] ?? -1);
  await until(async () => await newest() > 12_000, 'the list has been filled once', 180_000);
  const first = { at: await newest(), ...await measure() };
  await until(async () => await newest() > first.at + kSeconds * 1000, 'it goes on', 180_000);
  const last = { at: await newest(), ...await measure() };
  const frames = await page.evaluate(() => window.frames.slice(60).sort((a, b) => a - b));
  const rate = await page.locator('.topics-head .rate').innerText();
  stage.done(`${last.at - first.at} events at ${rate}: heap ${first.heap.toFixed(1)} MB, then ${last.heap.toFixed(1)} MB; ` +
             `${first.nodes}, then ${last.nodes} elements; frames of ${frames[frames.length >> 1].toFixed(0)} ms, ` +
             `99 of 100 within ${frames[Math.floor(frames.length * 0.99)].toFixed(0)} ms; ${await page.locator('.toolbar > .muted').innerText() || 'none were lost'}`);
  assert.ok(last.heap < first.heap * 1.25 + 5, 'the memory is level');
  assert.ok(last.nodes < first.nodes * 1.25 + 100, 'the document is level');
  assert.ok(await page.locator('.event').count() < 200, 'only what is in view is in the document');
  await page.evaluate(() => { window.leave.abort(); return window.events; });

  const routes = Array.from({ length: 10_000 }, (_, i) => ({ path: `/many/${i}.html`, method: 'GET', role: 'admin', owner: 'many', parked: false }));
  await page.route('**/system/routes.json', (route) => route.fulfill({ json: routes }));
  await stage.go(page, '#/endpoints');
  await page.getByText('10,000 endpoints').waitFor();
  assert.ok(await page.locator('.row').count() < 200);
  await page.locator('.table-frame').evaluate((frame) => { frame.scrollTop = frame.scrollHeight; });
  await page.getByText('/many/9999.html').waitFor();
  await page.getByLabel('Part of the path').fill('/many/77.html');
  await until(async () => await page.locator('.endpoints .rows .row').count() === 1, 'the filter finds one');
  await page.unroute('**/system/routes.json');

  const [helper] = await page.evaluate(() => fetch('helpers/all.json').then((answer) => answer.json()));
  const helpers = Array.from({ length: 10_000 }, (_, i) => ({ ...helper, 'kismet.helper.name': `helper-${i}` }));
  await page.route('**/helpers/all.json', (route) => route.fulfill({ json: helpers }));
  await stage.go(page, '#/');
  await page.getByText('10000 of 10000').waitFor();
  assert.ok(await page.locator('.helper-row').count() < 200);
  stage.done('10,000 routes and helpers are lists like others');
}
