import { assert, axe } from './stage.mjs';

const kPages = [['#/', '.helper-row'], ['#/messages', '.message'], ['#/events', '.event'], ['#/endpoints', '.endpoints .rows .row'],
                ['#/keys', '.empty, .keys .rows .row'], ['#/helpers/demo', '.uris .rows .row'], ['#/helpers/demo/wire', '.live-list, .empty']];

const kDialogs = [['#/events', 'Publish a test event'], ['#/keys', 'Create a key'], ['#/endpoints', 'Try GET /demo-py/answer.html'],
                  ['#/helpers/demo', 'Restart']];

/// Each page, light and dark, on a wide screen and a phone: axe-core finds nothing serious, nothing is cut off at the side,
/// and the keyboard reaches what a mouse does.
export default async function look(stage) {
  for (const [name, options] of [['wide and light', { colorScheme: 'light' }], ['wide and dark', { colorScheme: 'dark' }],
                                 ['phone and dark', { colorScheme: 'dark', viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true }]]) {
    let page = await stage.newPerson(options);
    await page.goto(stage.url);
    await page.getByRole('heading', { name: 'Log in' }).waitFor();
    await judge(stage, page, `login, ${name}`);
    await stage.logIn(page);
    for (const [hash, shows] of kPages) {
      await stage.go(page, hash);
      await page.locator(shows).first().waitFor();
      await judge(stage, page, `${hash}, ${name}`);
      for (const width of options.viewport ? [360] : [1280, 1180, 900, 700]) {
        if (!options.viewport) await page.setViewportSize({ width, height: 800 });
        const wide = await page.evaluate(() => Math.max(...[document.scrollingElement, document.getElementById('main')]
          .map((element) => element.scrollWidth - element.clientWidth)));
        assert.ok(wide <= 0, `${hash}, ${name}, ${width} pixels wide: ${wide} pixels are cut off`);
      }
      if (!options.viewport) await page.setViewportSize({ width: 1280, height: 800 });
      if (process.env.SCREENSHOTS) {
        await page.screenshot({ path: `${process.env.SCREENSHOTS}/${name.replace(/\W+/g, '-')}${hash.replace(/\W+/g, '-')}.png` });
      }
    }
    for (const [hash, opener] of kDialogs) {
      await stage.go(page, hash);
      await page.getByRole('button', { name: opener }).first().click();
      await page.getByRole('dialog').waitFor();
      await judge(stage, page, `${opener}, ${name}`);
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    }
    await page.context().close();
    stage.done(`all pages are in order, ${name}`);
  }

  const page = await stage.loggedIn('#/');
  await page.locator('.helper-row').first().waitFor();
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const system = await ground();
  const theme = page.getByRole('button', { name: /^Theme/ });
  await theme.click();
  await theme.click();
  await page.getByRole('button', { name: 'Theme: dark' }).waitFor();
  assert.notEqual(await ground(), system);
  await page.reload();
  await page.getByRole('button', { name: 'Theme: dark' }).waitFor();
  assert.notEqual(await ground(), system);
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Skip to the page');
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
  stage.done('the theme is switched and kept; the keyboard skips the navigation');
}

async function judge(stage, page, where) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => axe.run(document, { resultTypes: ['violations'] }));
  for (const { id, impact, nodes } of violations) {
    const finding = `${where}: ${id} (${impact}) ${nodes.slice(0, 3).map((node) => `${node.html.slice(0, 160)} ${node.any?.[0]?.message ?? ''}`).join(' | ')}`;
    if (impact === 'serious' || impact === 'critical') stage.troubles.push(finding);
    else stage.done(`note: ${finding}`);
  }
}
