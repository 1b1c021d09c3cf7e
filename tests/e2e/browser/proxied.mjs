import { assert } from './stage.mjs';

/// The pages below /kismet/ of nginx, over TLS: first run with the set-up code, each page, the feeds.
export default async function proxied(stage) {
  const page = await stage.newPerson({ ignoreHTTPSErrors: true });
  const astray = [];
  page.on('request', (request) => new URL(request.url()).pathname.startsWith('/kismet/') || astray.push(request.url()));
  page.on('websocket', (socket) => new URL(socket.url()).pathname.startsWith('/kismet/') || astray.push(socket.url()));
  await page.goto(`${stage.url}/kismet/`);
  await page.getByRole('heading', { name: 'Welcome' }).waitFor();
  stage.expected.push(/set_password/);
  await stage.logIn(page);
  await page.getByRole('alert').getByText('set-up code').waitFor();
  await page.getByLabel('Set-up code').fill(await stage.ask('code'));
  await stage.logIn(page);
  await page.locator('#link.good').waitFor();
  for (const [hash, shows] of [['#/messages', '.message'], ['#/events', '.event'], ['#/endpoints', '.endpoints .rows .row'],
                               ['#/keys', '.empty'], ['#/helpers/demo', '.uris .rows .row'], ['#/', '.helper-row']]) {
    await stage.go(page, hash);
    await page.locator(shows).first().waitFor();
  }
  await page.getByRole('link', { name: '/demo/index.html' }).click();
  await page.getByRole('heading', { name: 'Hello' }).waitFor();
  assert.equal(new URL(page.url()).pathname, '/kismet/demo/index.html');
  assert.deepEqual(astray.filter((url) => !url.endsWith('/favicon.ico')), []);
  stage.done('all of it works below a path of a proxy');
}
