import {getJson} from '../lib/api.js';
import {liveNote} from '../lib/dialogs.js';
import {h, setText} from '../lib/dom.js';
import {dateTime, plural, time} from '../lib/format.js';
import {Feed} from '../lib/live.js';
import {LiveList, pauseButton} from '../lib/live_list.js';
import {isProblem, kSeverities, messageOf} from '../lib/messages.js';
import {onStore, store} from '../lib/store.js';

const kReplayed = 1000;      // Messages that the feed begins with.
const kPage = 200;           // Messages of one look into the log.
const kMostPages = 6;        // Looks into the log for one screen of rare ones.
const kMostRows = 50000;     // Further back only with a filter.
const kSettleMs = 300;       // For the feed to bring what it holds, before the log is asked for what is older.

export function show({root, query, signal}) {
  const page = new MessagesPage(root, query, signal);
  signal.addEventListener('abort', () => page.close());
}

class MessagesPage {
  constructor(root, query, signal) {
    this.signal = signal;
    root.classList.add('fill');
    this.text = h('input', {type: 'search', placeholder: 'Text in the message', 'aria-label': 'Text in the message',
                            value: query.get('text') ?? '', oninput: () => this.changedSoon()});
    this.helper = h('select', {'aria-label': 'Helper', onchange: () => this.changed()});
    this.severity = h('select', {'aria-label': 'Severity', onchange: () => this.changed()},
        h('option', {value: ''}, 'All severities'), h('option', {value: 'problems'}, 'Error and worse'),
        kSeverities.map((name) => h('option', {value: name}, name[0].toUpperCase() + name.slice(1))));
    this.drawHelpers(query.get('helper') ?? '');
    this.severity.value = query.get('severity') ?? '';
    this.feed = new Feed(['MESSAGE'], -kReplayed);
    this.live = new LiveList(root, {render: messageRow, label: 'Messages', matches: this.matcher()});
    root.prepend(h('h1', {class: 'unseen'}, 'Messages'),
        h('div', {class: 'toolbar'}, this.text, this.helper, this.severity, pauseButton(this.live), this.lost = h('span', {class: 'muted'}),
          liveNote(this.feed)));
    this.live.onDrop = () => this.historyBefore(this.live.list.items()[0]);
    this.live.list.addEventListener('top', () => this.loadOlder());
    this.feed.addEventListener('event', ({detail}) => this.heard(detail));
    this.feed.addEventListener('event', ({detail}) => detail.dropped &&
        setText(this.lost, `${plural(detail.dropped, 'message')} came too fast for this page; the log has them`));
    this.feed.addEventListener('state', () => {
      if (this.feed.state === 'open') this.opening ??= setTimeout(() => this.startHistory(), kSettleMs);
    });
    onStore(signal, 'helpers', () => this.drawHelpers(this.helper.value));
    this.history = null;
    this.fromLog = new Set();  // What the log told last, so that the feed does not tell it again.
  }

  close() {
    clearTimeout(this.opening);
    clearTimeout(this.soon);
    this.feed.close();
    this.live.destroy();
  }

  drawHelpers(selected) {
    const names = ['kismet', ...store.helpers.map((helper) => helper['kismet.helper.name'])];
    if (selected && !names.includes(selected)) names.push(selected);
    if (this.helperNames === names.join('\n')) return;
    this.helperNames = names.join('\n');
    this.helper.replaceChildren(h('option', {value: ''}, 'All helpers'), ...names.map((name) => h('option', {value: name}, name)));
    this.helper.value = selected;
  }

  heard({event, id}) {
    const message = messageOf({...event.MESSAGE, id});
    if (this.fromLog.delete(keyOf(message))) return;
    this.live.add(message);
  }

  matcher() {
    const text = this.text.value.trim().toLowerCase();
    const helper = this.helper.value;
    const severity = this.severity.value;
    return (message) => (!helper || message.source === helper) && (!text || message.text.toLowerCase().includes(text)) &&
                        (!severity || (severity === 'problems' ? isProblem(message) : message.severity === severity));
  }

  changedSoon() {
    clearTimeout(this.soon);
    this.soon = setTimeout(() => this.changed(), 200);
  }

  /// The filter is another: what came is shown anew, and the log asked anew. The address keeps it, for a bookmark.
  changed() {
    const query = new URLSearchParams();
    for (const name of ['text', 'helper', 'severity']) if (this[name].value) query.set(name, this[name].value);
    history.replaceState(null, '', `#/messages${query.size ? `?${query}` : ''}`);
    this.live.filter(this.matcher());
    this.startHistory();
  }

  // What was before.

  startHistory() {
    this.historyBefore(this.live.all[0]);
    this.loadOlder();
  }

  historyBefore(message) {
    this.history = {cursor: '', to: message?.time, ended: false};
    this.loading = false;
  }

  async loadOlder() {
    const {history} = this;
    if (!history || history.ended || this.loading) return;
    if (this.live.list.length > kMostRows) return this.say('Further back: narrow the search by text, helper or severity.');
    this.loading = true;
    this.say('Looking into the log…');
    try {
      const older = await this.search(history);
      if (history !== this.history) return;
      this.live.list.prepend(older);
      if (!history.ended) this.say('Scroll up for older messages.');
      else this.say(this.live.list.length ? 'These are the oldest messages that are kept.' : 'No message fits. Try another filter.');
      this.loading = false;
    } catch (error) {
      if (history !== this.history) return;
      this.loading = false;
      this.say(`The log could not be read: ${error.message}`, () => this.loadOlder());
    }
  }

  /// Messages before those that are shown, oldest first.
  async search(history) {
    const matches = this.matcher();
    const found = [];
    const severity = this.severity.value;
    const known = new Set(this.live.list.items().slice(0, 500).concat(this.live.all.slice(0, 500)).map(keyOf));
    for (let i = 0; i < kMostPages && found.length < kPage / 4 && !history.ended; ++i) {
      const query = new URLSearchParams({limit: severity === 'problems' ? 1000 : kPage});
      if (this.text.value.trim()) query.set('text', this.text.value.trim());
      if (this.helper.value) query.set('helper', this.helper.value);
      if (severity && severity !== 'problems') query.set('severity', severity);
      if (history.to !== undefined) query.set('to', history.to + 1);
      if (history.cursor) query.set('cursor', history.cursor);
      const answer = await getJson(`messagebus/search.json?${query}`, {signal: this.signal});
      history.cursor = answer['kismet.messagebus.cursor'];
      history.ended = !history.cursor;
      found.push(...answer['kismet.messagebus.list'].map(messageOf));
    }
    if (!found.length && !this.live.all.length) {  // There may be no log.
      found.push(...(await getJson('messagebus/all_messages.json', {signal: this.signal})).map(messageOf).reverse());
    }
    const older = found.filter((message) => matches(message) && !known.has(keyOf(message)));
    if (!this.live.all.length) this.fromLog = new Set(found.slice(0, 100).map(keyOf));
    return older.reverse();
  }

  say(text, retry) {
    const {top} = this.live;
    if (!retry) return setText(top, text);
    top.replaceChildren(text, ' ', h('button', {type: 'button', class: 'quiet', onclick: retry}, 'Try again'));
  }
}

const keyOf = (message) => `${Math.floor(message.time)} ${message.source} ${message.text}`;

export function messageRow(message) {
  return h('div', {class: `message ${message.severity}`},
      h('time', {title: dateTime(message.time)}, time(message.time)),
      h('span', {class: 'severity'}, message.severity),
      h('span', {class: 'source', title: message.source}, message.source),
      h('span', {class: 'text'}, message.text, message.repeats > 1 && h('span', {class: 'muted'}, ` ×${message.repeats}`)));
}
