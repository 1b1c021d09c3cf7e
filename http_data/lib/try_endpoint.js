import {address, socketAddress} from './api.js';
import {openDialog} from './dialogs.js';
import {field, h, icon, setText} from './dom.js';
import {byteRate, bytes, milliseconds} from './format.js';

const kMostShown = 200000;  // Characters of an answer that stay in view; of a longer one the end.

/// A form that asks an endpoint, with variables, and shows the answer as it comes.
export function tryDialog(route) {
  const socket = route.path.endsWith('.ws');
  const path = h('input', {name: 'path', required: true, spellcheck: 'false', autocapitalize: 'none', value: samplePath(route.path)});
  const variables = h('div', {class: 'variables'});
  const status = h('p', {class: 'try-status', role: 'status'});
  const headers = h('details', {hidden: true}, h('summary', {}, 'Headers'), h('pre', {tabindex: 0}));
  const body = h('pre', {class: 'try-body', tabindex: 0, 'aria-label': 'Answer', hidden: true});
  const send = h('button', {type: 'submit', class: 'primary'}, socket ? 'Connect' : `Send ${route.method}`);
  const stop = h('button', {type: 'button', hidden: true, onclick: () => running?.abort()}, icon('stop'), 'Stop');
  const say = h('input', {name: 'text', 'aria-label': 'Text to send', placeholder: '{"SUBSCRIBE": "*"}', hidden: true});
  const add = h('button', {type: 'button', class: 'quiet', onclick: () => addVariable(variables)}, icon('plus'), 'Variable');
  const form = h('form', {class: 'try'},
      field(`${route.method} path`, path, path.value !== route.path && `The route is ${route.path}: change the path as you like.`),
      variables, h('div', {class: 'actions start'}, add, send, stop), say, status, headers, body);
  const dialog = openDialog(`Try ${route.path}`, form, {class: 'dialog wide'});
  let running = null;
  dialog.addEventListener('close', () => running?.abort());
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (say.onsend) return say.onsend();
    running = new AbortController();
    send.disabled = true;
    stop.hidden = false;
    const view = {status, headers, body, say, answer: new AnswerText(body)};
    try {
      await (socket ? talk : ask)(route, path.value, valuesOf(variables), running.signal, view);
    } catch (error) {
      setText(status, error.name === 'AbortError' ? `${status.textContent} · stopped` : `It was not answered: ${error.message}`);
    }
    send.disabled = false;
    stop.hidden = true;
    say.hidden = true;
    say.onsend = null;
  });
}

/// A path that fits the route: its placeholders filled.
function samplePath(pattern) {
  return pattern.replace(/\.\*$/, '.json').replace(/:file\b/, 'all.json');
}

function addVariable(place) {
  const row = h('div', {class: 'variable'}, h('input', {'aria-label': 'Name', placeholder: 'name'}),
      h('input', {'aria-label': 'Value', placeholder: 'value'}),
      h('button', {type: 'button', class: 'icon-only quiet', 'aria-label': 'Remove', onclick: () => row.remove()}, icon('close')));
  place.append(row);
  row.firstChild.focus();
}

const valuesOf = (place) => [...place.children].map((row) => [row.children[0].value, row.children[1].value]).filter(([name]) => name);

async function ask(route, path, variables, signal, {status, headers, body, answer}) {
  const values = new URLSearchParams(variables);
  const inBody = ['POST', 'PUT', 'PATCH'].includes(route.method);
  const target = address(path) + (values.size && !inBody ? `${path.includes('?') ? '&' : '?'}${values}` : '');
  const start = performance.now();
  setText(status, 'Waiting for the answer…');
  const response = await fetch(target, {method: route.method, body: inBody ? values : undefined, signal, cache: 'no-store'});
  const head = `${response.status} ${response.statusText} after ${milliseconds(performance.now() - start)}`;
  headers.hidden = false;
  setText(headers.lastChild, [...response.headers].map(([name, value]) => `${name}: ${value}`).join('\n'));
  body.hidden = false;
  setText(status, head);
  if (!response.body) return;
  const type = response.headers.get('Content-Type') ?? '';
  const text = /^text\/|json|javascript|xml|x-www-form/.test(type);
  const decoder = new TextDecoder();
  let sum = 0;
  for await (const part of parts(response.body.getReader())) {
    sum += part.length;
    answer.add(text ? decoder.decode(part, {stream: true}) : sum === part.length ? hexOf(part.subarray(0, 1024)) : '');
    const seconds = (performance.now() - start) / 1000;
    setText(status, `${head} · ${bytes(sum)}${seconds > 1 ? `, ${byteRate(sum / seconds)}` : ''}`);
  }
  setText(status, `${status.textContent} · complete${text ? '' : ' (not text: its beginning is shown)'}`);
  if (/json/.test(type)) answer.prettify();
}

async function* parts(reader) {
  for (let part; !(part = await reader.read()).done;) yield part.value;
}

function talk(route, path, variables, signal, {status, body, say, answer}) {
  const socket = new WebSocket(socketAddress(path) + (variables.length ? `?${new URLSearchParams(variables)}` : ''));
  body.hidden = false;
  say.hidden = false;
  setText(status, 'Connecting…');
  say.onsend = () => { socket.send(say.value); answer.add(`→ ${say.value}\n`); };
  say.onkeydown = (event) => {
    if (event.key !== 'Enter') return;
    event.preventDefault();
    if (socket.readyState === WebSocket.OPEN) say.onsend();
  };
  return new Promise((resolve) => {
    socket.onopen = () => { setText(status, 'Connected. Write a text and press Enter.'); say.focus(); };
    socket.onmessage = ({data}) => answer.add(typeof data === 'string' ? `${data}\n` : `(${data.size} bytes)\n`);
    socket.onclose = ({code, reason}) => { setText(status, `Closed with ${code} ${reason}`); resolve(); };
    signal.addEventListener('abort', () => socket.close());
  });
}

function hexOf(part) {
  const lines = [];
  for (let i = 0; i < part.length; i += 16) {
    lines.push([...part.subarray(i, i + 16)].map((byte) => byte.toString(16).padStart(2, '0')).join(' '));
  }
  return lines.join('\n');
}

/// The text of an answer: grows once a frame, and keeps its end.
class AnswerText {
  constructor(element) {
    this.element = element;
    this.text = '';
    element.textContent = '';
  }

  add(text) {
    this.text = (this.text + text).slice(-kMostShown);
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      const {element} = this;
      const atEnd = element.scrollTop + element.clientHeight >= element.scrollHeight - 4;
      setText(element, this.text);
      if (atEnd) element.scrollTop = element.scrollHeight;
    });
  }

  prettify() {
    try {
      this.text = JSON.stringify(JSON.parse(this.text), null, 2);
      this.add('');
      this.element.scrollTop = 0;
    } catch {
      // Cut short, or several values: it is shown as it came.
    }
  }
}
