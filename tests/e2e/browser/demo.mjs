// A person's first minutes: the login is set, the demo helpers' pages are tried.
export default async function demo(stage) {
  const { url } = stage;
  let page = await stage.newPerson();
  await page.goto(url);
  await page.getByText('This daemon has no login yet').waitFor();
  await stage.logIn(page);
  await page.getByRole('link', { name: '/demo/index.html' }).waitFor();
  stage.done('set-up works');

  page = await stage.newPerson();
  await page.goto(url);
  await stage.logIn(page, 'wrong');
  await page.getByText('Wrong name or password').waitFor();
  await stage.logIn(page);
  await page.getByRole('link', { name: '/demo/index.html' }).waitFor();
  stage.done('login works');

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
    await page.goto(`${url}/#/messages`);
    await page.getByText(`hello from ${prefix}`).waitFor();
    stage.done(`${prefix} works`);
  }
}
