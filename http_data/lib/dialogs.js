import {h, icon, setText} from './dom.js';

// Questions and short notices.

/// Asks before something is done; ends with whether to do it.
export function confirm(title, text, action, {danger = false} = {}) {
  return new Promise((resolve) => {
    const dialog = openDialog(title, [
      h('p', {}, text),
      h('div', {class: 'actions'}, h('button', {type: 'button', onclick: () => dialog.close('')}, 'Cancel'),
        h('button', {type: 'button', class: danger ? 'danger' : 'primary', autofocus: true,
                     onclick: () => dialog.close('yes')}, action)),
    ]);
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'));
  });
}

/// A modal dialog that is removed when it closes.
export function openDialog(title, content, properties = {}) {
  const id = `dialog-${Math.random().toString(36).slice(2)}`;
  const dialog = h('dialog', {class: 'dialog', 'aria-labelledby': id, ...properties},
      h('header', {}, h('h2', {id}, title),
        h('button', {type: 'button', class: 'icon-only quiet', 'aria-label': 'Close', onclick: () => dialog.close('')},
          icon('close'))),
      content);
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

const kToastMs = 6000;

/// A line that goes by itself; `kind` is good, bad or plain. Bad ones stay until they are closed.
export function toast(text, kind = 'plain') {
  const place = document.getElementById('toasts');
  const note = h('div', {class: `toast ${kind}`}, h('span', {}, text),
      h('button', {type: 'button', class: 'icon-only quiet', 'aria-label': 'Close', onclick: () => note.remove()},
        icon('close')));
  place.append(note);
  while (place.childElementCount > 4) place.firstElementChild.remove();
  if (kind !== 'bad') setTimeout(() => note.remove(), kToastMs);
}

/// Runs what a button starts: the button waits, and a failure is said.
export async function act(button, work, said) {
  button.disabled = true;
  try {
    await work();
    if (said) toast(said, 'good');
  } catch (error) {
    toast(error.message, 'bad');
  } finally {
    button.disabled = false;
  }
}

/// A line about how a websocket is; empty while it works.
export function liveNote(live) {
  const note = h('span', {class: 'live-note', role: 'status'});
  live.addEventListener('state', () => setText(note, live.state === 'waiting' ? 'Interrupted; trying again…' : ''));
  return note;
}
