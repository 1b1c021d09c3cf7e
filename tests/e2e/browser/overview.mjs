import { assert, until } from './stage.mjs';

/// First run, logging out and in; what the overview tells; what the first page weighs.
export default async function overview(stage) {
  const page = await stage.newPerson();
  let transferred = 0;
  const network = await page.context().newCDPSession(page);
  await network.send('Network.enable');
  network.on('Network.loadingFinished', ({ encodedDataLength }) => { transferred += encodedDataLength; });

  await page.goto(stage.url);
  await page.getByRole('heading', { name: 'Welcome' }).waitFor();
  await page.getByLabel('Set-up code').waitFor();
  await stage.logIn(page);
  await page.getByRole('link', { name: '/demo-py/index.html' }).waitFor();
  assert.ok(transferred > 20_000 && transferred < 150_000, `the first page took ${transferred} bytes`);
  stage.done(`the first page is ready after ${Math.round(transferred / 1000)} kB`);

  await page.locator('.helper-row', { hasText: 'demo-py' }).getByText('ready').waitFor();
  await page.locator('.tile', { hasText: 'Helpers ready' }).getByText('2 of 2').waitFor();
  await page.evaluate(async () => {  // Some load, which the plots show.
    for (let i = 0; i < 200; ++i) await (await fetch('demo/counters.json')).text();
  });
  await until(() => page.locator('.tile', { hasText: 'Requests' }).locator('.spark-line').getAttribute('d'), 'a plot is drawn');
  const row = page.locator('.helper-row').filter({ has: page.getByRole('link', { name: 'demo', exact: true }) });
  await until(async () => await row.locator('.figure', { hasText: 'requests/s' }).locator('b').innerText() !== '0', 'requests are counted');
  await page.locator('.tile', { hasText: 'Events' }).getByText('/s').waitFor();
  await stage.ask('kill demo-py');
  await page.locator('.problem', { hasText: 'demo-py' }).getByText('SIGKILL').waitFor();
  stage.done('the overview shows load and trouble');

  await page.getByRole('button', { name: 'Log out' }).click();
  await page.getByRole('heading', { name: 'Log in' }).waitFor();
  await stage.logIn(page, 'wrong');
  await page.getByText('Wrong name or password.').waitFor();
  await stage.logIn(page);
  await page.locator('.helper-row').first().waitFor();
  stage.done('logging out and in works');
}
