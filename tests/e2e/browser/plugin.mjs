import { assert } from './stage.mjs';

const kModules = {
  'good': `let times = 0;
    export function activate(api) {
      api.addTab({title: 'Antennas', show({root, signal}) {
        root.append(api.h('h1', {}, 'Antennas of ' + api.plugin));
        api.subscribe('TIMESTAMP', () => root.querySelector('h1').dataset.heard = ++times, {signal});
      }});
    }`,
  'stock': `(function () { kismet_ui_tabpane.AddTab({id: 'x'}, 'south'); })(); export {};`,
  'broken': `this is no JavaScript`,
};

/// A plugin adds a tab; one made for another user interface, and one that is broken, do no harm.
export default async function plugin(stage) {
  const page = await stage.newPerson();
  await page.route('**/dynamic.json', (route) => route.fulfill({
    json: { dynamicjs: Object.keys(kModules).map((name) => ({ module: name, js: `plugin/${name}/js/module.js` })) } }));
  await page.route('**/plugin/*/js/module.js', (route) => route.fulfill({
    contentType: 'text/javascript', body: kModules[new URL(route.request().url()).pathname.split('/')[2]] }));
  await page.goto(stage.url);
  await stage.logIn(page);
  await page.getByRole('link', { name: 'Antennas' }).click();
  await page.getByRole('heading', { name: 'Antennas of good' }).waitFor();
  await page.locator('h1[data-heard]').waitFor();
  await page.reload();  // Its tab is where we were.
  await page.getByRole('heading', { name: 'Antennas of good' }).waitFor();
  await page.getByRole('link', { name: 'Overview' }).click();
  await page.locator('.helper-row').first().waitFor();
  assert.equal(await page.getByRole('link', { name: 'Antennas' }).count(), 1);
  stage.done('a plugin adds a tab, and others do no harm');
}
