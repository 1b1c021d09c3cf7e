// One scenario in Debian's chromium: node run.mjs SCENARIO URL. Prints what worked; ends with 1 where something did not.
import { Stage } from './stage.mjs';

const [name, url] = process.argv.slice(2);
const { default: scenario } = await import(`./${name}.mjs`);
const stage = await Stage.open(url);
try {
  await scenario(stage);
  stage.checkTroubles();
} finally {
  await stage.close();
}
