import {h} from './dom.js';

const kLongText = 2000;    // Characters of a text that are shown.
const kManyEntries = 200;  // Of an array or object that are shown at once.

/// JSON that unfolds: each object and array is a line until it is opened; the outermost `open` levels are open.
export function jsonView(value, open = 2) {
  return h('div', {class: 'json'}, line(null, value, open));
}

function line(name, value, open) {
  const label = name === null ? null : [h('span', {class: 'json-key'}, name), ': '];
  if (value === null || typeof value !== 'object') return h('div', {class: 'json-line'}, label, scalar(value));
  const entries = Object.entries(value);
  if (!entries.length) return h('div', {class: 'json-line'}, label, Array.isArray(value) ? '[]' : '{}');
  const details = h('details', {open: open > 0}, h('summary', {}, label, h('span', {class: 'muted'}, folded(value))));
  const fill = () => {
    if (details.childElementCount > 1) return;
    const body = h('div', {class: 'json-body'}, entries.slice(0, kManyEntries).map(([key, entry]) => line(key, entry, open - 1)));
    if (entries.length > kManyEntries) body.append(h('div', {class: 'muted'}, `… ${entries.length - kManyEntries} more`));
    details.append(body);
  };
  if (open > 0) fill();
  else details.addEventListener('toggle', fill, {once: true});
  return details;
}

function scalar(value) {
  if (typeof value !== 'string') return h('span', {class: 'json-figure'}, String(value));
  const cut = value.length > kLongText ? `${value.slice(0, kLongText)}… (${value.length} characters)` : value;
  return h('span', {class: 'json-text'}, JSON.stringify(cut));
}

function folded(value) {
  const number = Object.keys(value).length;
  return Array.isArray(value) ? `[${number}]` : `{${number}}`;
}

/// One line of it, for a list.
export function preview(value, length = 240) {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > length ? text.slice(0, length) + '…' : text;
}
