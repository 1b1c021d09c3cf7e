import {getJson, request} from '../lib/api.js';
import {act, confirm, openDialog, toast} from '../lib/dialogs.js';
import {emptyState, h, icon, setText} from '../lib/dom.js';
import {ago, byteRate, bytes, count, dateTime, duration, milliseconds, plural, rate} from '../lib/format.js';
import {isProblem, messageOf} from '../lib/messages.js';
import {Series, Sparkline} from '../lib/sparkline.js';
import {onStore, stateKind, stateWord, store} from '../lib/store.js';
import {VirtualList} from '../lib/virtual_list.js';

const kMetricsMs = 2000;
const kShownProblems = 8;

export function show({root, signal}) {
  const tiles = makeTiles();
  const helpers = h('div', {class: 'helper-rows'});
  const none = h('div', {hidden: true});
  const problems = h('ul', {class: 'problems'});
  root.append(h('h1', {class: 'unseen'}, 'Overview'), h('div', {class: 'tiles'}, Object.values(tiles).map((tile) => tile.element)),
              h('section', {'aria-labelledby': 'helpers-title'}, h('div', {class: 'section-head'}, h('h2', {id: 'helpers-title'}, 'Helpers'), reloadButton()), helpers, none),
              h('section', {'aria-labelledby': 'problems-title'},
                h('h2', {id: 'problems-title'}, 'What went wrong lately'), problems));
  const list = new VirtualList(helpers, {render: helperRow, update: updateRow, key: (helper) => helper['kismet.helper.name'],
                                         label: 'Helpers', scroller: document.getElementById('main'), estimate: 76});
  const draw = () => {
    list.set(store.helpers);
    drawTiles(tiles);
    none.hidden = store.helpers.length > 0;
    if (!store.helpers.length) none.replaceChildren(noHelpers());
  };
  onStore(signal, ['helpers', 'routes'], draw);
  onStore(signal, 'statistics', () => drawTiles(tiles));
  signal.addEventListener('abort', () => list.destroy());
  draw();
  pollMetrics(tiles, signal);
  watchProblems(problems, signal);
}

function noHelpers() {
  if (store.fault) return emptyState('The helpers could not be asked for', store.fault.message);
  if (!store.loaded) return emptyState('Asking the daemon…');
  return emptyState('No helper is configured',
                    'Write a line such as helper=kismet_demo:name=demo in kismet.conf, and reload the configuration.');
}

function reloadButton() {
  const button = h('button', {type: 'button', class: 'quiet', onclick: async () => {
    if (await confirm('Reload the configuration?', 'Helpers whose lines have changed get a new process; no request is cut off.', 'Reload')) {
      act(button, reload);
    }
  }}, icon('reload'), 'Reload configuration');
  return button;
}

const kCounts = {now: 'now', next_start: 'for helpers that are started from now on', restart: 'when the daemon starts again'};

async function reload() {
  const answer = await request('helpers/reload.cmd', {method: 'POST', timeout: 120000, also: [400, 409, 500]});
  const result = await answer.json();
  const get = (key) => result[`kismet.reload.${key}`];
  const lines = [
    ...get('problems').map(({level, file, line, text}) => `${level}: ${file ? `${file}:${line}: ` : ''}${text}`),
    ...get('helpers').filter(({step}) => step !== 'keep')
        .map(({name, step, done, text}) => `helper ${name}: ${step}${done ? '' : ` failed: ${text}`}`),
    ...get('settings').map(({key, counts}) => `${key} counts ${kCounts[counts] ?? counts}`),
  ];
  if (get('done') && !lines.length) return toast('The configuration is as it was.', 'good');
  openDialog(get('done') ? 'The configuration is reloaded' : 'Nothing was changed', [
    h('p', {class: 'fault'}, get('reason') ?? ''), h('ul', {}, lines.map((line) => h('li', {}, line)))]);
}

// The daemon's load.

function makeTile(title, plot = true) {
  const value = h('strong', {}, '–');
  const note = h('span', {class: 'muted'});
  const spark = plot ? new Sparkline() : null;
  return {element: h('div', {class: 'tile'}, h('span', {class: 'tile-title'}, title), value, note, spark?.element),
          value, note, spark};
}

function makeTiles() {
  return {helpers: makeTile('Helpers ready', false), requests: makeTile('Requests'),
          bytes: makeTile('Traffic'), open: makeTile('Open exchanges'),
          events: makeTile('Events'), memory: makeTile('Memory'), cpu: makeTile('Processor')};
}

function drawTiles(tiles) {
  const ready = store.helpers.filter((helper) => helper['kismet.helper.state'] === 'ready').length;
  const failed = store.helpers.filter((helper) => helper['kismet.helper.state'] === 'failed').length;
  setText(tiles.helpers.value, `${ready} of ${store.helpers.length}`);
  const started = store.statistics['kismet.system.timestamp.start_sec'];
  setText(tiles.helpers.note, (failed ? `${failed} failed · ` : '') +
                              (started ? `up ${duration(Date.now() / 1000 - started)}` : ''));
  const {total} = store;
  setText(tiles.requests.value, `${rate(total.requests.last)}/s`);
  tiles.requests.spark.draw(total.requests.values);
  setText(tiles.bytes.value, byteRate(total.bytes.last));
  tiles.bytes.spark.draw(total.bytes.values, 60, 1000);
  setText(tiles.open.value, count(total.open.last));
  tiles.open.spark.draw(total.open.values, 60, 4);
  setText(tiles.memory.value, total.memory.values.length ? bytes(total.memory.last) : '–');
  const connections = store.statistics['kismet.system.num_http_connections'];
  if (connections !== undefined) setText(tiles.memory.note, plural(connections, 'connection'));
  tiles.memory.spark.draw(total.memory.values, 60, 1e6);
}

const events = new Series();
const cpu = new Series();
let before = null;

/// What only the metrics have. They are long where there are many helpers, so they are asked for less often.
async function pollMetrics(tiles, signal) {
  while (!signal.aborted) {
    if (document.visibilityState === 'visible') {
      try {
        const text = await (await fetch('metrics', {cache: 'no-store', signal})).text();
        const published = Number(/^kismet_events_published_total (\d+)/m.exec(text)?.[1]);
        const feeds = Number(/^kismet_event_feeds (\d+)/m.exec(text)?.[1]);
        const used = Number(/^kismet_process_cpu_seconds_total (\S+)/m.exec(text)?.[1]);
        const now = performance.now();
        const seconds = (now - before?.now) / 1000;
        if (before && published >= before.published) {
          events.push((published - before.published) / seconds);
          cpu.push(Math.max(0, used - before.used) / seconds * 100);
        }
        before = {published, used, now};
        setText(tiles.events.value, `${rate(events.last)}/s`);
        setText(tiles.events.note, plural(feeds, 'listener'));
        tiles.events.spark.draw(events.values, 60, 4);
        setText(tiles.cpu.value, cpu.values.length ? `${rate(cpu.last)} %` : '–');
        tiles.cpu.spark.draw(cpu.values, 60, 10);
      } catch {
        before = null;
      }
    }
    const pause = kMetricsMs * (1 + Math.floor(store.helpers.length / 25));
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

// The helpers.

function helperRow(helper) {
  const name = helper['kismet.helper.name'];
  const figure = (title, spark) => {
    const value = h('b');
    return {cell: h('span', {class: 'figure'}, h('span', {class: 'figure-title'}, title), value, spark?.element), value, spark};
  };
  const parts = {
    state: h('span', {class: 'badge'}), page: h('a', {class: 'front-page'}),
    uptime: figure('up'), restarts: figure('restarts'), trip: figure('round trip', new Sparkline('tiny')),
    open: figure('open', new Sparkline('tiny')),
    requests: figure('requests/s', new Sparkline('small')), bytes: figure('bytes/s', new Sparkline('small')),
  };
  const row = h('div', {class: 'helper-row'},
      h('div', {class: 'helper-who'}, h('a', {class: 'helper-name', href: `#/helpers/${encodeURIComponent(name)}`}, name),
        parts.state, parts.page),
      parts.uptime.cell, parts.restarts.cell, parts.trip.cell, parts.open.cell, parts.requests.cell, parts.bytes.cell);
  row.parts = parts;
  updateRow(row, helper);
  return row;
}

function updateRow(row, helper) {
  const {parts} = row;
  const get = (key) => helper[`kismet.helper.${key}`];
  const course = store.courses.get(get('name'));
  setText(parts.state, stateWord(get('state')));
  parts.state.className = `badge ${stateKind(get('state'))}`;
  const page = store.frontPage(get('name'));
  parts.page.hidden = !page;
  if (page && parts.page.textContent !== page) {
    parts.page.href = '.' + page;
    parts.page.textContent = page;
  }
  setText(parts.uptime.value, get('pid') ? duration(get('uptime')) : '–');
  const restarts = Math.max(0, get('starts') - 1);
  setText(parts.restarts.value, count(restarts));
  parts.restarts.value.classList.toggle('warn-text', get('restarts_in_row') > 0);
  setText(parts.trip.value, get('round_trip_us') ? milliseconds(get('round_trip_us') / 1000) : '–');
  parts.trip.spark.draw(course.trip.values);
  setText(parts.open.value, count(get('open_exchanges')));
  parts.open.spark.draw(course.open.values, 60, 4);
  setText(parts.requests.value, rate(course.requests.last));
  parts.requests.spark.draw(course.requests.values);
  setText(parts.bytes.value, bytes(course.bytes.last));
  parts.bytes.spark.draw(course.bytes.values, 60, 1000);
}

// What went wrong.

/// The same trouble again is one line: figures in the text do not make it another.
function watchProblems(place, signal) {
  const groups = new Map();
  let drawing = 0;
  const add = (message) => {
    if (!isProblem(message)) return;
    const key = `${message.severity} ${message.source} ${message.text.replace(/\d+(\.\d+)?/g, '#')}`;
    const group = groups.get(key) ?? {count: 0, message};
    group.count += message.repeats;
    if (message.time >= group.message.time) group.message = message;
    groups.set(key, group);
    drawing ||= requestAnimationFrame(draw);
  };
  const draw = () => {
    drawing = 0;
    const newest = [...groups.entries()].sort(([, a], [, b]) => b.message.time - a.message.time);
    for (const [key] of newest.slice(100)) groups.delete(key);
    place.replaceChildren(...newest.slice(0, kShownProblems).map(([, group]) => problem(group)));
    if (!newest.length) {
      place.append(h('li', {class: 'all-well'}, 'Nothing, as far as the last day’s messages tell.'));
    }
  };
  onStore(signal, 'message', ({detail}) => add(messageOf(detail)));
  loadProblems(signal).then((messages) => { messages.forEach(add); draw(); });
}

async function loadProblems(signal) {
  const search = (severity) => getJson(`messagebus/search.json?severity=${severity}&from=-86400&limit=50`, {signal});
  try {
    const answers = await Promise.all(['error', 'alert', 'fatal'].map(search));
    const found = answers.flatMap((answer) => answer['kismet.messagebus.list']).map(messageOf);
    if (found.length) return found;
    return (await getJson('messagebus/all_messages.json', {signal})).map(messageOf);  // There may be no log.
  } catch {
    return [];
  }
}

function problem({message, count: number}) {
  const about = /^helper (\S+?):/.exec(message.text)?.[1] ?? message.source;
  const text = message.text.replace(/^helper \S+?: /, '');
  return h('li', {class: `problem ${message.severity}`}, icon('alert'),
      h('div', {}, h('p', {}, store.byName.has(about)
            ? h('a', {href: `#/helpers/${encodeURIComponent(about)}`}, about) : h('b', {}, about), ` ${text}`),
        h('p', {class: 'muted'}, h('time', {title: dateTime(message.time)}, ago(message.time)),
          number > 1 && ` · ${plural(number, 'time')} in the last day`)));
}
