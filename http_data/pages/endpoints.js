import {emptyState, h, setText} from '../lib/dom.js';
import {count, milliseconds, plural} from '../lib/format.js';
import {onStore, store} from '../lib/store.js';
import {sameJson, VirtualList} from '../lib/virtual_list.js';
import {tryDialog} from '../lib/try_endpoint.js';

const kPollMs = 3000;

export function show({root, query, signal}) {
  root.classList.add('fill');
  const text = h('input', {type: 'search', placeholder: 'Part of the path', 'aria-label': 'Part of the path',
                           value: query.get('text') ?? '', oninput: () => draw()});
  const owner = h('select', {'aria-label': 'Owner', onchange: () => draw()});
  const shown = h('span', {class: 'muted', role: 'status'});
  const table = h('div', {class: 'table endpoints', role: 'table', 'aria-label': 'Endpoints'});
  const titles = ['Path', 'Owner', 'Role', 'Requests', 'Errors', 'Median', '99 %', ''];
  table.append(h('div', {role: 'rowgroup'}, h('div', {class: 'row-head', role: 'row'},
      titles.map((title) => h('span', {role: 'columnheader'}, title || h('span', {class: 'unseen'}, 'Actions'))))));
  const frame = h('div', {class: 'table-frame', tabindex: 0, role: 'region', 'aria-label': 'Endpoints'}, table);
  const none = h('div', {hidden: true});
  root.append(h('div', {class: 'toolbar'}, h('h1', {}, 'Endpoints'), text, owner, shown), none, frame);
  const list = new VirtualList(table, {render: routeRow, key: (route) => `${route.method} ${route.path} ${route.owner}`, same: sameJson,
                                       label: 'Endpoints', scroller: frame, estimate: 42, roles: ['rowgroup', 'row']});
  const draw = () => {
    drawOwners(owner);
    const wanted = text.value.trim().toLowerCase();
    const routes = store.routes.filter((route) => route.path.toLowerCase().includes(wanted) &&
        (!owner.value || (owner.value === ' ' ? !route.owner : route.owner === owner.value)));
    list.set(routes);
    setText(shown, store.routes.length ? plural(routes.length, 'endpoint') : '');
    frame.hidden = !routes.length;
    none.hidden = routes.length > 0;
    if (!routes.length) none.replaceChildren(store.routes.length ? emptyState('No endpoint fits', 'Take away some of the text, or choose another owner.')
        : store.routesFault ? emptyState('The endpoints could not be listed', store.routesFault.message) : emptyState('Asking the daemon…'));
  };
  onStore(signal, 'routes', draw);
  const timer = setInterval(() => document.visibilityState === 'visible' && store.loadRoutes(), kPollMs);
  signal.addEventListener('abort', () => {
    clearInterval(timer);
    list.destroy();
  });
  draw();
  store.loadRoutes();
}

function drawOwners(select) {
  const owners = [...new Set(store.routes.map((route) => route.owner).filter(Boolean))].sort();
  if (select.dataset.owners === owners.join('\n') && select.options.length) return;
  const chosen = select.value;
  select.dataset.owners = owners.join('\n');
  select.replaceChildren(h('option', {value: ''}, 'All owners'), h('option', {value: ' '}, 'the daemon'),
                         ...owners.map((name) => h('option', {value: name}, name)));
  select.value = chosen === ' ' || owners.includes(chosen) ? chosen : '';
}

function routeRow(route) {
  const cell = (...content) => h('span', {role: 'cell'}, content);
  return h('div', {class: 'row'},
      cell(h('span', {class: `method ${route.method.toLowerCase()}`}, route.method), ' ', h('code', {}, route.path),
        route.parked && h('span', {class: 'badge warn'}, 'waits for the helper')),
      cell(route.owner ? h('a', {href: `#/helpers/${encodeURIComponent(route.owner)}`}, route.owner) : h('span', {class: 'muted'}, 'the daemon')),
      cell(h('span', {class: 'muted'}, route.role || 'none')), cell(route.hits === undefined ? '–' : count(route.hits)),
      cell(route.errors === undefined ? '–' : count(route.errors)), cell(milliseconds(route.latency_ms?.p50)),
      cell(milliseconds(route.latency_ms?.p99)),
      cell(h('button', {type: 'button', class: 'quiet', 'aria-label': `Try ${route.method} ${route.path}`,
                        onclick: () => tryDialog(route)}, 'Try')));
}
