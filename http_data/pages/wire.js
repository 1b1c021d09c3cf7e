import {liveNote} from '../lib/dialogs.js';
import {emptyState, h, icon, setText} from '../lib/dom.js';
import {bytes, count, dateTime, time} from '../lib/format.js';
import {jsonView, preview} from '../lib/json_view.js';
import {Live} from '../lib/live.js';
import {LiveList, pauseButton} from '../lib/live_list.js';

const kKeptBytes = 32e6;  // Of frames, as they came.
const kHexBytes = 2048;   // Of a frame that are shown in hexadecimal.

export function show({root, parts: [, name], signal}) {
  root.classList.add('fill');
  const commands = new Map();  // Name to its checkbox.
  const chips = h('div', {class: 'chips', role: 'group', 'aria-label': 'Commands'});
  const direction = h('select', {'aria-label': 'Direction', onchange: () => changed()},
      h('option', {value: ''}, 'Both directions'), h('option', {value: 'in'}, 'From the helper'), h('option', {value: 'out'}, 'To the helper'));
  const wire = new Live(`helpers/${encodeURIComponent(name)}/wire.ws`, () => sendFilter());
  const chosen = () => [...commands].filter(([, box]) => box.checked).map(([command]) => command);
  const matcher = () => {
    const wanted = new Set(chosen());
    return (frame) => (!direction.value || frame.direction === direction.value) && (!wanted.size || wanted.has(frame.command));
  };
  const sendFilter = () => wire.send({commands: chosen(), direction: direction.value});
  const changed = () => {
    sendFilter();
    live.filter(matcher());
  };
  const lost = h('span', {class: 'muted'});
  const started = Date.now() / 1000;
  const download = h('button', {type: 'button', disabled: true,
                                onclick: () => save(name, started, live.all.filter(matcher()))}, icon('download'), 'Capture');
  root.append(h('div', {class: 'toolbar'}, h('h1', {}, h('a', {href: `#/helpers/${encodeURIComponent(name)}`}, name), ' wire'), direction),
              chips);
  const live = new LiveList(root, {render: frameRow, label: `Frames of ${name}`, weight: (frame) => frame.frame?.length ?? 100,
                                   maxWeight: kKeptBytes, matches: matcher()});
  root.firstChild.append(pauseButton(live), h('button', {type: 'button', onclick: () => live.clear()}, 'Clear'), download, lost, liveNote(wire));
  live.onChange = () => {
    download.disabled = !live.all.length;
    setText(live.top, live.list.length ? '' : 'Waiting for a frame. Open one of the helper’s pages, and its request comes here.');
  };
  live.onChange();
  wire.addEventListener('text', ({detail}) => {
    if (detail.dropped !== undefined) return setText(lost, `${count(detail.dropped)} frames were left out: this page reads too slowly`);
    if (!detail.command) return;
    if (!commands.has(detail.command)) addChip(detail.command);
    live.add(detail);
  });
  function addChip(command) {
    const box = h('input', {type: 'checkbox', onchange: changed});
    commands.set(command, box);
    chips.append(h('label', {class: 'chip'}, box, command));
  }
  let opened = false;
  wire.addEventListener('state', async () => {
    opened ||= wire.state === 'open';
    if (opened || wire.state !== 'waiting') return;
    if (await wire.exists().catch(() => true)) return;
    wire.close();
    live.destroy();
    root.replaceChildren(h('h1', {class: 'unseen'}, `Wire of ${name}`), emptyState('There is no wire to look at',
        `This daemon has no helper “${name}”, or shows no frames of it.`, h('a', {class: 'button', href: '#/'}, 'See all helpers')));
  });
  signal.addEventListener('abort', () => {
    wire.close();
    live.destroy();
  });
}

function frameRow(frame) {
  const from = frame.direction === 'in';
  const details = h('details', {class: `frame ${frame.direction}`, open: frame.open},
      h('summary', {}, h('time', {title: dateTime(frame.time)}, time(frame.time)),
        h('span', {class: 'way'}, from ? '◂ from' : '▸ to'), h('span', {class: 'topic'}, frame.command),
        h('span', {class: 'preview'}, frame.problem ?? preview(frame.fields ?? {})), h('span', {class: 'muted size'}, bytes(frame.size))));
  const fill = () => details.childElementCount > 1 || details.append(h('div', {class: 'row-body'},
      h('p', {class: 'muted'}, [frame.generation, `number ${frame.seqno}`, frame.req_id ? `request ${frame.req_id}` : '', dateTime(frame.time)]
          .filter(Boolean).join(' · ')), frame.problem ? h('p', {class: 'fault'}, frame.problem) : jsonView(frame.fields ?? {}), frame.frame && h('details', {}, h('summary', {}, 'Bytes'), hexView(frame.frame))));
  if (frame.open) fill();
  details.addEventListener('toggle', ({target}) => {
    if (target !== details) return;
    frame.open = details.open;
    if (details.open) fill();
  });
  return h('div', {}, details);
}

function hexView(base64) {
  const text = atob(base64);
  const lines = [];
  for (let i = 0; i < Math.min(text.length, kHexBytes); i += 16) {
    const row = [...text.slice(i, i + 16)];
    const hex = row.map((byte) => byte.charCodeAt(0).toString(16).padStart(2, '0')).join(' ');
    lines.push(`${i.toString(16).padStart(6, '0')}  ${hex.padEnd(47)}  ${row.map((c) => (c >= ' ' && c <= '~' ? c : '.')).join('')}`);
  }
  if (text.length > kHexBytes) lines.push(`… ${count(text.length - kHexBytes)} bytes more`);
  return h('pre', {class: 'hex', tabindex: 0}, lines.join('\n'));
}

/// The frames as a file that a test can replay: a line each, after one that says what it is.
function save(name, started, frames) {
  const lines = [{kismet_wire_capture: 1, helper: name, started}, ...frames.map(({open, ...frame}) => frame)];
  const blob = new Blob([lines.map((line) => JSON.stringify(line) + '\n').join('')], {type: 'application/x-ndjson'});
  const link = h('a', {href: URL.createObjectURL(blob), download: `${name}-${new Date(started * 1000).toISOString().replace(/[:.]/g, '-')}.wire.jsonl`});
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
