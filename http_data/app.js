import {h, icon, emptyState, setText} from './lib/dom.js';
import {toast} from './lib/dialogs.js';
import {logIn, logOut} from './lib/session.js';
import {onStore, stateKind, stateWord, store} from './lib/store.js';
import {loadPlugins, pluginTabs} from './lib/plugins.js';
import {cycleTheme, themeLabel} from './lib/themes.js';

// The frame around the pages: who is looking, where they are, and how the connection to the daemon is. A page is a module
// with show({root, parts, query, signal}); `signal` is aborted when it is left.

const $ = (id) => document.getElementById(id);

const kPages = [
  {path: '', title: 'Overview', icon: 'overview', load: () => import('./pages/overview.js')},
  {path: 'messages', title: 'Messages', icon: 'messages', load: () => import('./pages/messages.js')},
  {path: 'events', title: 'Events', icon: 'events', load: () => import('./pages/events.js')},
  {path: 'endpoints', title: 'Endpoints', icon: 'endpoints', load: () => import('./pages/endpoints.js')},
  {path: 'keys', title: 'API keys', icon: 'keys', load: () => import('./pages/keys.js')},
];
const kMostHelpersInNav = 40;

let leave = new AbortController();

async function start() {
  for (;;) {
    try {
      await logIn();
      break;
    } catch (error) {
      await waitForRetry(error.message);
    }
  }
  $('starting').remove();
  $('app').hidden = false;
  $('logout').append(icon('logout'));
  $('logout').addEventListener('click', logOut);
  $('theme').append(icon('theme'));
  labelTheme();
  $('theme').addEventListener('click', () => { cycleTheme(); labelTheme(); });
  onStore(undefined, 'connection', drawConnection);
  onStore(undefined, 'restarted', () => toast('The daemon was restarted.'));
  onStore(undefined, 'helpers', drawHelpersInNav);
  onStore(undefined, 'server', nameServer);
  setInterval(drawConnection, 1000);
  store.start();
  drawNav();
  addEventListener('hashchange', route);
  const plugins = loadPlugins().then(drawNav);
  if (location.hash.startsWith('#/plugin/')) await plugins;  // The page is one of theirs.
  await route();
}

/// The daemon does not answer yet: says so, and ends when it is time for the next try.
function waitForRetry(reason) {
  return new Promise((resolve) => {
    $('starting').replaceChildren(emptyState('No answer', `${reason} Trying again in 3 seconds. Is the daemon running?`,
        h('button', {type: 'button', onclick: resolve}, 'Try now')));
    setTimeout(resolve, 3000);
  });
}

function labelTheme() {
  $('theme').setAttribute('aria-label', themeLabel());
  $('theme').title = themeLabel();
}

function nameServer() {
  setText($('server-name'), store.server['kismet.system.server_name']);
  $('server-name').title = `Kismet ${store.server['kismet.system.version']}`;
}

// Where we are.

export function parseHash(hash) {
  const [path, query = ''] = hash.replace(/^#\/?/, '').split('?');
  return {parts: path.split('/').filter(Boolean).map(decodeURIComponent), query: new URLSearchParams(query)};
}

function pageOf(parts) {
  if (parts[0] === 'helpers' && parts[2] === 'wire') return {title: `Wire of ${parts[1]}`, load: () => import('./pages/wire.js')};
  if (parts[0] === 'helpers' && parts[1]) return {title: parts[1], load: () => import('./pages/helper.js')};
  if (parts[0] === 'plugin') return pluginTabs.get(parts[1]);
  return kPages.find((page) => page.path === (parts[0] ?? ''));
}

async function route() {
  if (location.hash === '#main') return;  // The link that skips the navigation.
  leave.abort();
  leave = new AbortController();
  const {signal} = leave;
  const {parts, query} = parseHash(location.hash);
  const page = pageOf(parts);
  const root = h('div', {class: 'page'});
  $('main').replaceChildren(root);
  $('main').scrollTop = 0;
  document.title = `${page?.title ?? 'Not found'} – Kismet`;
  markNav(parts);
  if (!page) {
    root.append(emptyState('There is no such page', 'It may belong to a plugin that is not there any more.',
                           h('a', {class: 'button', href: '#/'}, 'Go to the overview')));
    return;
  }
  try {
    const module = await page.load();
    if (signal.aborted) return;
    await module.show({root, parts, query, signal});
  } catch (error) {
    if (signal.aborted) return;
    console.warn(error);
    root.replaceChildren(emptyState('This page could not be shown', error.message,
                                    h('button', {type: 'button', onclick: route}, 'Try again')));
  }
}

// The navigation.

function drawNav() {
  const link = (path, title, picture) => h('a', {href: `#/${path}`, 'data-path': path}, icon(picture), h('span', {}, title));
  const plugins = [...pluginTabs].map(([id, tab]) => link(`plugin/${encodeURIComponent(id)}`, tab.title, 'plugin'));
  $('nav').replaceChildren(...kPages.map((page) => link(page.path, page.title, page.icon)), ...plugins,
                           h('div', {class: 'nav-helpers', id: 'nav-helpers'}));
  drawHelpersInNav();
  markNav(parseHash(location.hash).parts);
}

function drawHelpersInNav() {
  const place = $('nav-helpers');
  const helpers = store.helpers.slice(0, kMostHelpersInNav);
  const names = helpers.map((helper) => helper['kismet.helper.name']);
  if (place.dataset.names !== JSON.stringify(names)) {
    place.dataset.names = JSON.stringify(names);
    place.replaceChildren(h('p', {class: 'nav-title'}, 'Helpers'), ...names.map((name) =>
        h('a', {href: `#/helpers/${encodeURIComponent(name)}`, 'data-path': `helpers/${name}`}, h('i', {class: 'dot'}),
          h('span', {}, name), h('span', {class: 'unseen'}))));
    markNav(parseHash(location.hash).parts);
  }
  helpers.forEach((helper, i) => {
    const state = helper['kismet.helper.state'];
    const link = place.children[i + 1];
    link.firstChild.className = `dot ${stateKind(state)}`;
    setText(link.lastChild, `, ${stateWord(state)}`);
  });
}

function markNav(parts) {
  const here = parts[0] === 'helpers' || parts[0] === 'plugin' ? parts.slice(0, 2).join('/') : parts[0] ?? '';
  for (const link of $('nav').querySelectorAll('a')) {
    if (decodeURIComponent(link.dataset.path) === here) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
}

// The connection.

let wasLost = false;

function drawConnection() {
  const {feed} = store;
  const place = $('link');
  const open = feed.state === 'open';
  place.className = open ? 'good' : 'lost';
  if (open) {
    setText(place, 'Live');
    if (wasLost) toast('Connected again.', 'good');
    wasLost = false;
  } else if (feed.state === 'waiting') {
    wasLost = true;
    const seconds = Math.max(1, Math.round((feed.retryAt - Date.now()) / 1000));
    setText(place, `Connection lost; trying again in ${seconds} s`);
  } else {
    setText(place, wasLost ? 'Connecting again…' : 'Connecting…');
  }
  document.body.classList.toggle('offline', wasLost);
}

start();
