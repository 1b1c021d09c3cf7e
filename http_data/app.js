// The daemon's front page: set-up or login, then the pages of the helpers and the last messages.
const $ = (id) => document.getElementById(id);
const kRefreshMs = 3000;
const kSeverities = {1: 'debug', 2: 'info', 4: 'error', 8: 'alert', 16: 'fatal'};
let timer = null;

function notice(text) {
  $('notice').textContent = text;
}

async function get(path, options = {}) {
  return fetch(path, {cache: 'no-store', signal: AbortSignal.timeout(5000), ...options});
}

function basic(name, password) {
  const bytes = new TextEncoder().encode(`${name}:${password}`);
  return 'Basic ' + btoa(String.fromCharCode(...bytes));
}

async function start() {
  const setup = await get('session/check_setup_ok');
  const firstRun = setup.status === 500;
  if (!firstRun && (await get('session/check_session')).ok) return showPages();
  $('setup-text').hidden = !firstRun;
  $('code-field').hidden = !firstRun;
  $('login').dataset.firstRun = firstRun ? 'yes' : '';
  $('login').elements.password.autocomplete = firstRun ? 'new-password' : 'current-password';
  $('login').hidden = false;
  $('login').elements.username.focus();
}

async function logIn(event) {
  event.preventDefault();
  notice('');
  const form = event.target;
  const username = form.elements.username.value;
  const password = form.elements.password.value;
  if (form.dataset.firstRun) {
    const body = new URLSearchParams({username, password});
    if (form.elements.code.value) body.set('setup_code', form.elements.code.value.trim());
    const answer = await get('session/set_password', {method: 'POST', body});
    if (!answer.ok) return notice(await reason(answer, 'The login could not be set.'));
  }
  const answer = await get('session/check_login', {headers: {Authorization: basic(username, password)}});
  if (!answer.ok) return notice(answer.status === 401 ? 'Wrong name or password.' : await reason(answer, 'Login failed.'));
  form.elements.password.value = '';
  form.hidden = true;
  await showPages();
}

async function reason(answer, fallback) {
  const type = answer.headers.get('Content-Type') || '';
  const text = type.startsWith('text/plain') ? (await answer.text()).trim() : '';
  return text || `${fallback} (${answer.status})`;
}

async function showPages() {
  $('pages').hidden = false;
  $('logout').hidden = false;
  await refresh();
}

async function refresh() {
  clearTimeout(timer);
  try {
    const routes = await get('system/routes.json');
    if (routes.status === 401) return location.reload();
    drawHelpers(await routes.json());
    drawMessages(await (await get('messagebus/all_messages.json')).json());
    notice('');
  } catch {
    notice('The daemon does not answer. Trying again.');
  }
  timer = setTimeout(refresh, kRefreshMs);
}

function element(tag, text, properties = {}) {
  return Object.assign(document.createElement(tag), {textContent: text}, properties);
}

function drawHelpers(routes) {
  const byOwner = new Map();
  for (const route of routes.filter((r) => r.owner)) {
    if (!byOwner.has(route.owner)) byOwner.set(route.owner, []);
    byOwner.get(route.owner).push(route);
  }
  const cards = [...byOwner].map(([owner, list]) => {
    const card = element('div', '', {className: 'helper'});
    const items = element('ul', '');
    for (const route of list) {
      const item = element('li', '');
      if (route.method === 'GET') {
        item.append(element('a', route.path, {href: '.' + route.path}));
      } else {
        item.append(element('span', `${route.path} (${route.method})`));
      }
      items.append(item);
    }
    card.append(element('h3', owner), items);
    return card;
  });
  if (!cards.length) cards.push(element('p', 'No helper has registered a page yet. The messages below say what they do.'));
  $('helpers').replaceChildren(...cards);
}

function drawMessages(messages) {
  const items = messages.slice().reverse().map((message) => {
    const severity = kSeverities[message['kismet.messagebus.message_flags']] || 'info';
    const when = new Date(message['kismet.messagebus.message_time'] * 1000);
    const item = element('li', '', {className: severity});
    item.append(element('time', when.toLocaleTimeString(), {dateTime: when.toISOString()}), ' ',
                message['kismet.messagebus.message_string']);
    return item;
  });
  $('messages').replaceChildren(...items);
}

async function logOut() {
  await get('session/logout', {method: 'POST'});
  location.reload();
}

$('login').addEventListener('submit', (event) => logIn(event).catch((error) => notice(error.message)));
$('logout').addEventListener('click', logOut);
start().catch(() => notice('The daemon does not answer. Reload this page to try again.'));
