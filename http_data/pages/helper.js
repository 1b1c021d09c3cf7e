import {getJson, postJson, request} from '../lib/api.js';
import {act, confirm, toast} from '../lib/dialogs.js';
import {emptyState, h, icon, setText} from '../lib/dom.js';
import {byteRate, bytes, count, dateTime, duration, milliseconds, rate, time} from '../lib/format.js';
import {Sparkline} from '../lib/sparkline.js';
import {onStore, stateKind, stateWord, store} from '../lib/store.js';
import {LiveList} from '../lib/live_list.js';
import {sameJson, VirtualList} from '../lib/virtual_list.js';
import {crashReport, definitionList} from '../lib/helper_parts.js';

const kPollMs = 1000;
const kQuestions = {
  stop: ['Stop', 'Its pages end, and it stays down until somebody starts it.'],
  restart: ['Restart', 'Requests that it is answering are cut off.'],
  reload: ['Reload', 'A new process takes over as soon as it is ready; the old one ends its requests. Nothing is cut off.'],
};

export function show({root, parts: [, name], signal}) {
  const page = new HelperPage(root, name, signal);
  signal.addEventListener('abort', () => page.close());
  return page.poll();
}

class HelperPage {
  constructor(root, name, signal) {
    Object.assign(this, {root, name, signal, path: `helpers/${encodeURIComponent(name)}`, outputSeq: 0, outputOld: []});
    this.state = h('span', {class: 'badge', role: 'status'});
    this.since = h('span', {class: 'muted'});
    this.buttons = Object.fromEntries(['start', 'stop', 'restart', 'reload'].map((what) => [what, this.button(what)]));
    this.trouble = h('p', {class: 'fault', role: 'alert'});
    this.tiles = {requests: tile('Requests'), bytes: tile('Traffic'), open: tile('Open exchanges'), trip: tile('Round trip', false),
                  uptime: tile('Up', false), restarts: tile('Restarts', false)};
    this.report = h('div', {});
    this.definition = h('div', {});
    this.history = h('ol', {class: 'history'});
    this.subscriptions = h('div', {});
    this.open = h('div', {});
    this.uris = h('div', {class: 'table uris', role: 'table', 'aria-label': 'Pages'});
    this.noUris = h('div', {});
    this.output = h('div', {class: 'output'});
    root.append(
        h('div', {class: 'page-head'}, h('h1', {}, name), this.state, this.since,
          h('div', {class: 'actions'}, Object.values(this.buttons),
            h('a', {class: 'button', href: `#/${this.path}/wire`}, icon('wire'), 'Wire'))),
        this.trouble, h('div', {class: 'tiles small'}, Object.values(this.tiles).map(({element}) => element)),
        h('div', {class: 'cards'},
          h('div', {class: 'column'}, this.reportCard = card('Last failure', this.report), card('Open requests', this.open),
            card('Output', this.output), card('States', this.history)),
          h('div', {class: 'column'}, card('Pages', this.noUris, this.uris),
            card('Subscriptions and queues', this.subscriptions), card('Definition', this.definition))));
    this.uris.append(h('div', {role: 'rowgroup'}, h('div', {class: 'row-head', role: 'row'},
        ['Page', 'Requests', 'Errors', 'Median', '99 %'].map((title) => h('span', {role: 'columnheader'}, title)))));
    this.uriList = new VirtualList(this.uris, {render: uriRow, key: (entry) => `${entry.method} ${entry.uri}`, same: sameJson, label: 'Pages',
                                               scroller: document.getElementById('main'), roles: ['rowgroup', 'row'], estimate: 38});
    this.lines = new LiveList(this.output, {render: outputLine, label: `Output of ${name}`, cap: 5000});
    setText(this.lines.top, 'Nothing yet: what it writes to its standard output and error comes here.');
    onStore(signal, 'helpers', () => this.drawCourse());
    this.timer = setInterval(() => document.visibilityState === 'visible' && this.poll(), kPollMs);
  }

  close() {
    clearInterval(this.timer);
    this.uriList.destroy();
    this.lines.destroy();
  }

  button(what) {
    const label = what[0].toUpperCase() + what.slice(1);
    const button = h('button', {type: 'button', onclick: () => this.command(what, label)}, icon(what), label);
    return button;
  }

  async command(what, label) {
    const [word, text] = kQuestions[what] ?? [];
    if (word && !(await confirm(`${word} ${this.name}?`, text, word, {danger: what === 'stop'}))) return;
    await act(this.buttons[what], async () => {
      await request(`${this.path}/${what}.cmd`, {method: 'POST', timeout: 120000});
      toast(`${label}: ${this.name} ${what === 'reload' ? 'has a new process' : 'has been asked to'}.`, 'good');
      this.poll();
    });
  }

  async poll() {
    if (this.polling) return;
    this.polling = true;
    try {
      const [helper, log] = await Promise.all([
        getJson(`${this.path}.json`, {signal: this.signal}),
        getJson(`${this.path}/log.json?since=${this.outputSeq}`, {signal: this.signal}),
      ]);
      setText(this.trouble, '');
      this.draw(helper);
      this.drawOutput(log);
    } catch (error) {
      if (this.signal.aborted) return;
      if (error.status === 404) this.gone();
      else if (error.status !== 0) setText(this.trouble, error.message);  // That nobody answers is said above.
    } finally {
      this.polling = false;
    }
  }

  gone() {
    clearInterval(this.timer);
    this.root.replaceChildren(emptyState(`There is no helper “${this.name}”`,
        'It may have been taken out of the configuration since this address was written down.',
        h('a', {class: 'button', href: '#/'}, 'See all helpers')));
  }

  draw(helper) {
    const get = (key) => helper[`kismet.helper.${key}`];
    const state = get('state');
    const down = ['stopped', 'failed', 'disabled', 'configured', 'backing_off'].includes(state);
    setText(this.state, stateWord(state));
    this.state.className = `badge ${stateKind(state)}`;
    const swap = get('swap')?.state ?? 'none';
    setText(this.since, [`for ${duration(Date.now() / 1000 - get('state_since'))}`, get('pid') && `process ${get('pid')}`,
                         swap !== 'none' && `a new process takes over (${swap})`].filter(Boolean).join(' · '));
    this.buttons.start.hidden = !down;
    this.buttons.stop.hidden = ['stopped', 'failed', 'disabled', 'configured'].includes(state);
    this.buttons.restart.hidden = down;
    setText(this.tiles.trip.value, get('round_trip_us') ? milliseconds(get('round_trip_us') / 1000) : '–');
    setText(this.tiles.uptime.value, get('pid') ? duration(get('uptime')) : '–');
    setText(this.tiles.restarts.value, count(Math.max(0, get('starts') - 1)));
    setText(this.tiles.restarts.note, get('failures') ? `${get('failures')} failures` : '');
    this.drawReport(get('last_report'));
    this.drawUris(get('uris') ?? []);
    this.drawOpen(get('open_requests'), get('open_exchanges'));
    this.drawHistory(get('history') ?? store.histories.get(this.name) ?? []);
    this.drawSubscriptions(get('subscriptions'), get('queues'), get('counters') ?? {});
    redraw(this.definition, {...get('definition'), path: get('path'), generation: get('generation'), transport: get('transport'), peer: get('peer')},
           definitionList);
  }

  drawCourse() {
    const course = store.courses.get(this.name);
    if (!course) return;
    setText(this.tiles.requests.value, `${rate(course.requests.last)}/s`);
    this.tiles.requests.spark.draw(course.requests.values);
    setText(this.tiles.bytes.value, byteRate(course.bytes.last));
    this.tiles.bytes.spark.draw(course.bytes.values, 60, 1000);
    setText(this.tiles.open.value, count(course.open.last));
    this.tiles.open.spark.draw(course.open.values, 60, 4);
  }

  drawReport(report) {
    this.reportCard.hidden = !report;
    redraw(this.report, report, crashReport);
  }

  drawUris(uris) {
    const down = 'It has registered no page. If it should have, its output may say why.';
    redraw(this.noUris, !uris.length, (none) => (none ? h('p', {class: 'muted'}, down) : ''));
    this.uris.hidden = !uris.length;
    this.uriList.set(uris);
  }

  drawOpen(requests, number) {
    if (!requests) {
      return redraw(this.open, number, () => h('p', {class: 'muted'}, number ? `It is answering ${number}.` : 'None right now.'));
    }
    const rows = requests.map((open) => h('li', {class: 'open-request'},
        h('div', {}, h('span', {class: `method ${open.method.toLowerCase()}`}, open.method), ' ', h('code', {}, open.uri),
          h('p', {class: 'muted'}, `for ${duration(open.age)} · ${bytes(open.sent_bytes)} sent${open.client ? ` · ${open.client}` : ''}`)),
        this.cancelButton(open)));
    const focused = this.open.contains(document.activeElement) ? document.activeElement.dataset.request : null;
    this.open.replaceChildren(rows.length ? h('ul', {class: 'plain'}, rows) : h('p', {class: 'muted'}, 'None right now.'));
    if (focused) this.open.querySelector(`[data-request="${focused}"]`)?.focus({preventScroll: true});
    delete this.open.dataset.drawn;
  }

  cancelButton(open) {
    const button = h('button', {type: 'button', class: 'quiet danger-text', 'data-request': open.req_id,
                                'aria-label': `Cancel ${open.method} ${open.uri}`, onclick: () => act(button, async () => {
      await postJson(`${this.path}/cancel.cmd`, {req_id: open.req_id});
      this.poll();
    }, 'The request is cancelled.')}, 'Cancel');
    return button;
  }

  drawHistory(history) {
    redraw(this.history, history.slice(-30).reverse(), (states) => (states.length ? states.map((entry) =>
        h('li', {}, h('time', {title: dateTime(entry.time)}, time(entry.time)),
          h('span', {class: `badge ${stateKind(entry.state)}`}, stateWord(entry.state)), h('span', {}, entry.text))) :
        h('li', {class: 'muted'}, 'Nothing has changed since the daemon’s events begin.')));
  }

  drawSubscriptions(subscriptions, queues, counters) {
    const rows = {};
    if (subscriptions) rows['Listens for'] = subscriptions.topics.join(', ') || 'nothing';
    rows['Events sent'] = count(subscriptions?.delivered ?? counters.events_sent);
    rows['Events lost'] = count(subscriptions?.dropped ?? counters.events_dropped);
    if (subscriptions) rows['Events that wait (lag)'] = count(subscriptions.lag);
    rows['Events published'] = count(counters.events_published);
    if (queues) {
      rows['Frames that wait for it'] = `${count(queues.to_helper_frames)} (${bytes(queues.to_helper_bytes)})`;
      rows['Its answers that wait for clients'] = bytes(queues.answer_bytes);
    }
    rows['Frames from it, to it'] = `${count(counters.frames_in)}, ${count(counters.frames_out)}`;
    rows['Bytes from it, to it'] = `${bytes(counters.bytes_in)}, ${bytes(counters.bytes_out)}`;
    rows['Requests, cancelled'] = `${count(counters.requests)}, ${count(counters.cancels)}`;
    redraw(this.subscriptions, rows, pairs);
  }

  /// What its output has gained. A daemon that does not number the lines tells all that it keeps each time.
  drawOutput(log) {
    const lines = log['kismet.helper.log'] ?? [];
    const seq = log['kismet.helper.log_seq'];
    let fresh = lines;
    if (seq !== undefined) {
      if (seq < this.outputSeq) {  // It counts anew: the next answer has all of it.
        this.outputSeq = 0;
        this.lines.clear();
        return;
      }
      this.outputSeq = seq;
    } else {
      const last = this.outputOld.at(-1);
      let at = lines.length;
      while (at > 0 && !(lines[at - 1] === last && matchesEnd(lines, at, this.outputOld))) --at;
      fresh = lines.slice(at);
      this.outputOld = lines;
    }
    for (const line of fresh) this.lines.add({text: line});
    if (fresh.length) setText(this.lines.top, '');
  }
}

/// Whether `lines` up to `at` end as `old` does.
function matchesEnd(lines, at, old) {
  for (let i = 1; i <= Math.min(at, old.length, 5); ++i) if (lines[at - i] !== old[old.length - i]) return false;
  return true;
}

function tile(title, plot = true) {
  const value = h('strong', {}, '–');
  const note = h('span', {class: 'muted'});
  const spark = plot ? new Sparkline() : null;
  return {element: h('div', {class: 'tile'}, h('span', {class: 'tile-title'}, title), value, note, spark?.element), value, note, spark};
}

let cards = 0;

function card(title, ...content) {
  const id = `card-${++cards}`;
  return h('section', {class: 'card', 'aria-labelledby': id}, h('h2', {id}, title), content);
}

/// Draws anew only what has changed: the reader's selection and focus stay.
function redraw(place, value, draw) {
  const text = JSON.stringify(value) ?? '';
  if (place.dataset.drawn === text) return;
  place.dataset.drawn = text;
  place.replaceChildren(...[draw(value)].flat());
}

const pairs = (rows) => h('dl', {class: 'pairs'}, Object.entries(rows).map(([name, value]) => [h('dt', {}, name), h('dd', {}, value)]));

function uriRow(entry) {
  const cell = (...content) => h('span', {role: 'cell'}, content);
  const latency = entry.latency_ms;
  return h('div', {class: 'row'},
      cell(h('span', {class: `method ${entry.method.toLowerCase()}`}, entry.method), ' ', entry.method === 'GET'
          ? h('a', {href: '.' + entry.uri}, entry.uri) : h('span', {}, entry.uri),
        entry.parked && h('span', {class: 'badge warn'}, 'waits for the helper')),
      cell(entry.requests === undefined ? '–' : count(entry.requests)), cell(entry.errors === undefined ? '–' : count(entry.errors)),
      cell(milliseconds(latency?.p50)), cell(milliseconds(latency?.p99)));
}

const outputLine = ({text}) => h('div', {class: 'output-line'}, typeof text === 'string' ? text : text?.text ?? JSON.stringify(text));
