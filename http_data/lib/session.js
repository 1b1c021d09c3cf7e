import {ApiError, kBase, onLoginEnded, rawRequest, reasonOf} from './api.js';
import {field, h, setText} from './dom.js';

// Who is looking: the first login is set, or one is asked for, in a dialog over whatever page is open. The page behind
// it stays as it is, and what it had asked for is asked again.

let asking = null;  // While the dialog is open: a promise that ends with the login.

/// Ends once there is a login.
export async function logIn() {
  const session = await rawRequest('session/check_session');
  if (session.ok) return undefined;
  if (session.status !== 401) throw new ApiError(session.status, await reasonOf(session));
  const setup = await rawRequest('session/check_setup_ok');
  return ask(setup.status === 500 ? 'first' : 'login');
}

export async function logOut() {
  await rawRequest('session/logout', {method: 'POST'});
  location.hash = '';
  location.reload();
}

onLoginEnded(() => ask('expired'));

function ask(why) {
  asking ??= new Promise((resolve) => openDialog(why, resolve)).finally(() => { asking = null; });
  return asking;
}

const kWords = {
  first: ['Welcome', 'This daemon has no login yet. Choose the name and password that it will ask for from now on.',
          'Set login and go on'],
  login: ['Log in', 'This daemon asks for its name and password.', 'Log in'],
  expired: ['Log in again', 'Your session has ended. The page goes on where it was.', 'Log in'],
};

function openDialog(why, done) {
  const [title, text, action] = kWords[why];
  const first = why === 'first';
  const fault = h('p', {class: 'fault', role: 'alert'});
  const button = h('button', {class: 'primary', type: 'submit'}, action);
  const input = (name, properties) => h('input', {name, required: true, ...properties});
  const form = h('form', {class: 'gate-form'},
      h('img', {src: new URL('icon.svg', kBase).href, alt: '', width: 44, height: 44}),
      h('h1', {id: 'gate-title'}, title), h('p', {class: 'muted'}, text), fault,
      field('Name', input('username', {autocomplete: 'username', autocapitalize: 'none', spellcheck: 'false'})),
      field('Password', input('password', {type: 'password', autocomplete: first ? 'new-password' : 'current-password'})),
      first && field('Set-up code', input('code', {autocomplete: 'one-time-code', spellcheck: 'false', required: false}),
                     'The daemon prints it on its console. On the daemon’s own machine it is not needed.'),
      button);
  const dialog = h('dialog', {class: why === 'expired' ? 'gate over' : 'gate', 'aria-labelledby': 'gate-title'}, form);
  dialog.addEventListener('cancel', (event) => event.preventDefault());
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    setText(fault, '');
    button.disabled = true;
    try {
      const reason = await tryLogin(form, first);
      if (reason) return setText(fault, reason);
      dialog.close();
      dialog.remove();
      done();
    } catch (error) {
      setText(fault, error.message);
    } finally {
      button.disabled = false;
    }
  });
  document.body.append(dialog);
  dialog.showModal();
  form.elements.username.focus();
}

/// The reason why it did not work; empty if it did.
async function tryLogin(form, first) {
  const username = form.elements.username.value;
  const password = form.elements.password.value;
  if (first) {
    const body = new URLSearchParams({username, password});
    const code = form.elements.code.value.trim();
    if (code) body.set('setup_code', code);
    const answer = await rawRequest('session/set_password', {method: 'POST', body});
    if (!answer.ok) return reasonOf(answer);
  }
  const answer = await rawRequest('session/check_login', {headers: {Authorization: basic(username, password)}});
  if (answer.ok) return '';
  if (answer.status === 401) return 'Wrong name or password.';
  const wait = Number(answer.headers.get('Retry-After'));
  if (answer.status === 429 && wait) return `Too many failed logins. Try again in ${wait} s.`;
  return reasonOf(answer);
}

function basic(name, password) {
  const utf8 = new TextEncoder().encode(`${name}:${password}`);
  return 'Basic ' + btoa(String.fromCharCode(...utf8));
}
