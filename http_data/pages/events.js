import {postJson} from '../lib/api.js';
import {act, liveNote, openDialog} from '../lib/dialogs.js';
import {field, h, icon, setText} from '../lib/dom.js';
import {count, dateTime, rate, time} from '../lib/format.js';
import {jsonView, preview} from '../lib/json_view.js';
import {Feed} from '../lib/live.js';
import {LiveList, pauseButton} from '../lib/live_list.js';

const kReplayed = 200;   // Events that the feed begins with.
const kPastMs = 500;     // In which these come.
const kMostTopics = 500; // That are told apart.

export function show({root, signal}) {
  root.classList.add('fill');
  const feed = new Feed(['*'], -kReplayed);
  const topics = new Topics(() => live.filter(matcher()));
  const text = h('input', {type: 'search', placeholder: 'Text in the event', 'aria-label': 'Text in the event',
                           oninput: () => { clearTimeout(soon); soon = setTimeout(() => live.filter(matcher()), 200); }});
  let soon = 0;
  const matcher = () => {
    const wanted = text.value.trim().toLowerCase();
    const chosen = topics.chosen;
    return (item) => (!chosen.size || chosen.has(item.topic)) &&
                     (!wanted || item.topic.toLowerCase().includes(wanted) || textOf(item).toLowerCase().includes(wanted));
  };
  const side = h('div', {class: 'split'}, topics.element);
  root.append(h('h1', {class: 'unseen'}, 'Events'), side);
  const live = new LiveList(side, {render: eventRow, label: 'Events', matches: matcher()});
  const lost = h('span', {class: 'muted'});
  root.prepend(h('div', {class: 'toolbar'}, text, pauseButton(live),
      h('button', {type: 'button', onclick: () => live.clear()}, 'Clear'),
      h('button', {type: 'button', onclick: publishDialog}, icon('plus'), 'Publish a test event'), lost, liveNote(feed)));
  live.onChange = () => setText(live.top, live.list.length ? '' : topics.chosen.size || text.value
      ? 'No event fits. Choose other topics, or take the text away.'
      : 'Waiting for the first event. Publish one to see how it looks.');
  live.onChange();
  let past = Infinity;  // Until then comes what was before, which is no rate.
  feed.addEventListener('state', () => { past = feed.state === 'open' ? performance.now() + kPastMs : Infinity; });
  feed.addEventListener('event', ({detail}) => {
    topics.heard(detail.topic, performance.now() > past);
    if (detail.dropped) setText(lost, `${count(detail.dropped)} were lost: this page reads too slowly`);
    live.add({topic: detail.topic, time: detail.time, seq: detail.seq, event: detail.event});
  });
  const ticking = setInterval(() => topics.tick(), 1000);
  signal.addEventListener('abort', () => {
    clearInterval(ticking);
    clearTimeout(soon);
    feed.close();
    live.destroy();
  });
}

const contentOf = ({topic, event}) => (event && typeof event === 'object' && topic in event ? event[topic] : event);
const textOf = (item) => JSON.stringify(contentOf(item));

function eventRow(item) {
  const details = h('details', {class: 'event', open: item.open},
      h('summary', {}, h('time', {title: dateTime(item.time)}, time(item.time)), h('span', {class: 'topic'}, item.topic),
        h('span', {class: 'preview'}, preview(contentOf(item)))));
  const fill = () => details.childElementCount > 1 || details.append(h('div', {class: 'row-body'},
      h('p', {class: 'muted'}, `Number ${item.seq} since the daemon’s start, ${dateTime(item.time)}`), jsonView(contentOf(item))));
  if (item.open) fill();
  details.addEventListener('toggle', () => {
    item.open = details.open;
    if (details.open) fill();
  });
  return h('div', {}, details);
}

/// The topics that were heard, each with its rate; those that are chosen are shown, or all if none is.
class Topics {
  constructor(changed) {
    this.changed = changed;
    this.chosen = new Set();
    this.known = new Map();
    this.rows = h('div', {class: 'topic-rows', role: 'group', 'aria-label': 'Topics'});
    this.all = h('span', {class: 'rate'});
    this.element = h('aside', {class: 'topics', 'aria-label': 'Rate of each topic'},
        h('div', {class: 'topics-head'}, h('h2', {}, 'Topics'), this.all), this.rows);
  }

  heard(topic, counts) {
    let entry = this.known.get(topic);
    if (!entry) {
      if (this.known.size >= kMostTopics) return;
      entry = {number: 0, rate: 0, ...this.row(topic)};
      this.known.set(topic, entry);
      const after = [...this.rows.children].find((row) => row.dataset.topic > topic);
      this.rows.insertBefore(entry.element, after ?? null);
    }
    if (counts) ++entry.number;
  }

  row(topic) {
    const figure = h('span', {class: 'rate'});
    const box = h('input', {type: 'checkbox', onchange: () => {
      if (box.checked) this.chosen.add(topic);
      else this.chosen.delete(topic);
      this.changed();
    }});
    return {element: h('label', {class: 'topic-row', 'data-topic': topic}, box, h('span', {class: 'topic'}, topic), figure), figure};
  }

  tick() {
    let sum = 0;
    for (const entry of this.known.values()) {
      entry.rate = entry.rate * 0.6 + entry.number * 0.4;
      entry.number = 0;
      sum += entry.rate;
      setText(entry.figure, entry.rate < 0.05 ? '–' : `${rate(entry.rate)}/s`);
    }
    setText(this.all, `${rate(sum)}/s`);
  }
}

function publishDialog() {
  const topic = h('input', {name: 'topic', required: true, value: 'TEST', spellcheck: 'false', autocapitalize: 'characters'});
  const content = h('textarea', {name: 'content', rows: 6, spellcheck: 'false', value: '{\n  "hello": "world"\n}'});
  const fault = h('p', {class: 'fault', role: 'alert'});
  const button = h('button', {type: 'submit', class: 'primary'}, 'Publish');
  const form = h('form', {},
      field('Topic', topic, 'The daemon’s own topics, such as MESSAGE, are refused.'), field('Content (JSON)', content), fault, h('div', {class: 'actions'}, button));
  const dialog = openDialog('Publish a test event', form);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    setText(fault, '');
    act(button, async () => {
      try {
        await postJson('eventbus/publish.cmd', {topic: topic.value.trim(), content: JSON.parse(content.value)});
      } catch (error) {
        setText(fault, error instanceof SyntaxError ? `The content is not JSON: ${error.message}` : error.message);
        return;
      }
      dialog.close('');
    });
  });
}
