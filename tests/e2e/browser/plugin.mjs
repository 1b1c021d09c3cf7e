import { assert } from './stage.mjs';

/// A plugin adds a tab; one made for another user interface, and one that is broken, do no harm.
export default async function plugin(stage) {
  const page = await stage.newPerson();
  await page.goto(stage.url);
  await stage.logIn(page);
  await page.getByRole('link', { name: 'Antennas' }).click();
  await page.getByRole('heading', { name: 'Antennas of antennas' }).waitFor();
  await page.locator('h1[data-heard]').waitFor();
  await page.reload();  // Its tab is where we were.
  await page.getByRole('heading', { name: 'Antennas of antennas' }).waitFor();
  await page.getByRole('link', { name: 'Overview' }).click();
  await page.locator('.helper-row').first().waitFor();
  assert.equal(await page.getByRole('link', { name: 'Antennas' }).count(), 1);
  stage.done('a plugin adds a tab, and others do no harm');
}
