import {getJson, postJson} from '../lib/api.js';
import {act, confirm, openDialog} from '../lib/dialogs.js';
import {copyButton, emptyState, field, h, icon, setText} from '../lib/dom.js';
import {dateTime, duration} from '../lib/format.js';
import {VirtualList} from '../lib/virtual_list.js';

const kDurations = [[0, 'For ever'], [86400, 'A day'], [7 * 86400, 'A week'], [30 * 86400, '30 days'], [365 * 86400, 'A year']];
const kRoles = [['readonly', 'reads everything, changes nothing'], ['admin', 'may do everything'],
                ['datasource', 'attaches remote helpers'], ['scanreport', 'reports scans']];

export function show({root, signal}) {
  root.classList.add('fill');
  const place = h('div', {class: 'table keys', role: 'table', 'aria-label': 'API keys'});
  const head = h('div', {class: 'row-head', role: 'row'},
                 ['Name', 'Role', 'Valid until', ''].map((title) => h('span', {role: 'columnheader'}, title || h('span', {class: 'unseen'}, 'Actions'))));
  place.append(h('div', {role: 'rowgroup'}, head));
  const scroll = h('div', {class: 'table-frame', tabindex: 0, role: 'region', 'aria-label': 'API keys'}, place);
  const note = h('div', {});
  const load = async () => {
    try {
      const keys = await getJson('auth/apikey/list.json', {signal});
      list.set(keys);
      scroll.hidden = !keys.length;
      note.replaceChildren(...(keys.length ? [] : [emptyState('There is no API key yet',
          'A program that asks this daemon gets a key of its own, with the least role that serves. It can be revoked without changing the login.',
          h('button', {type: 'button', class: 'primary', onclick: () => createDialog(load)}, 'Create the first'))]));
    } catch (error) {
      if (signal.aborted) return;
      scroll.hidden = true;
      note.replaceChildren(emptyState('The keys could not be listed', error.message,
                                      h('button', {type: 'button', onclick: load}, 'Try again')));
    }
  };
  root.append(h('div', {class: 'toolbar'}, h('h1', {}, 'API keys'),
      h('button', {type: 'button', class: 'primary', onclick: () => createDialog(load)}, icon('plus'), 'Create a key')), note, scroll);
  const list = new VirtualList(place, {render: (key) => keyRow(key, load), key: (key) => key['kismet.httpd.auth.name'],
                                       label: 'API keys', scroller: scroll, estimate: 48, roles: ['rowgroup', 'row']});
  signal.addEventListener('abort', () => list.destroy());
  load();
}

function keyRow(key, changed) {
  const name = key['kismet.httpd.auth.name'];
  const ends = key['kismet.httpd.auth.expiration'];
  const past = ends && ends * 1000 < Date.now();
  const revoke = h('button', {type: 'button', class: 'quiet danger-text', onclick: async () => {
    const sure = await confirm(`Revoke “${name}”?`, 'Programs that use this key are refused from now on. It cannot be brought back.',
                               'Revoke', {danger: true});
    if (sure) act(revoke, async () => { await postJson('auth/apikey/revoke.cmd', {name}); await changed(); }, `“${name}” is revoked.`);
  }}, 'Revoke');
  const cell = (...content) => h('span', {role: 'cell'}, content);
  return h('div', {class: 'row'}, cell(h('b', {}, name)), cell(h('span', {class: 'badge idle'}, key['kismet.httpd.auth.role'])),
           cell(h('span', {class: past ? 'bad-text' : 'muted'}, !ends ? 'for ever' : past ? 'ended' :
               `${dateTime(ends)} (${duration(ends - Date.now() / 1000)})`)), cell(revoke));
}

function createDialog(changed) {
  const fault = h('p', {class: 'fault', role: 'alert'});
  const button = h('button', {type: 'submit', class: 'primary'}, 'Create');
  const form = h('form', {},
      field('Name', h('input', {name: 'name', required: true, maxlength: 128, autocomplete: 'off'}),
            'What the key is for; it cannot be used twice.'),
      field('Role', h('input', {name: 'role', required: true, value: 'readonly', list: 'roles', autocomplete: 'off'}),
            'readonly reads everything and changes nothing; admin may do everything; other names are a helper’s own.'),
      h('datalist', {id: 'roles'}, kRoles.map(([value, meaning]) => h('option', {value}, meaning))),
      field('Valid for', h('select', {name: 'duration'}, kDurations.map(([seconds, words]) => h('option', {value: seconds}, words)))),
      fault, h('div', {class: 'actions'}, button));
  const dialog = openDialog('Create an API key', form);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    setText(fault, '');
    const {name, role, duration: seconds} = form.elements;
    act(button, async () => {
      let token;
      try {
        const wish = {name: name.value.trim(), role: role.value.trim(), duration: Number(seconds.value)};
        token = (await (await postJson('auth/apikey/generate.cmd', wish)).text()).trim();
      } catch (error) {
        return setText(fault, error.message);
      }
      dialog.close('');
      showToken(name.value.trim(), token);
      changed();
    });
  });
}

function showToken(name, token) {
  const dialog = openDialog(`The key “${name}”`, [
    h('p', {}, 'This is the only time that it is shown: the daemon keeps no more than its digest.'),
    h('p', {}, h('code', {class: 'token', tabindex: 0}, token)), copyButton(() => token, 'Copy the key'),
    h('p', {class: 'muted'}, 'Programs send it as the cookie KISMET, or as the query variable of that name:'),
    h('pre', {tabindex: 0}, `curl --cookie KISMET=${token} ${new URL('system/status.json', document.baseURI)}`),
    h('div', {class: 'actions'}, h('button', {type: 'button', class: 'primary', onclick: () => dialog.close('')}, 'I have kept it')),
  ]);
}
