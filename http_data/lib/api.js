// Requests to the daemon. All addresses are relative to this page, so that it works below any folder of a proxy.

export const kBase = new URL('.', document.baseURI);
const kTimeoutMs = 15000;

/// "/demo/index.html" and "demo/index.html" are both below the page's own folder.
export function address(path) {
  return new URL('./' + path.replace(/^\/+/, ''), kBase).href;
}

export function socketAddress(path) {
  return address(path).replace(/^http/, 'ws');
}

/// Why a request was not answered as wished. `status` is 0 where no answer came at all.
export class ApiError extends Error {
  constructor(status, text) {
    super(text);
    this.status = status;
  }
}

let renewLogin = () => Promise.reject(new ApiError(401, 'Not logged in.'));

/// `renew` asks the person to log in again; its promise ends when that is done.
export function onLoginEnded(renew) {
  renewLogin = renew;
}

/// The answer, whatever its status. Only for those who ask about logins.
export async function rawRequest(path, options = {}) {
  const limits = [AbortSignal.timeout(options.timeout ?? kTimeoutMs)];
  if (options.signal) limits.push(options.signal);
  try {
    return await fetch(address(path), {cache: 'no-store', ...options, signal: AbortSignal.any(limits)});
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new ApiError(0, 'The daemon does not answer.');
  }
}

/// An answer with a status below 400, or one of `options.also`; a login that has ended is renewed in between.
export async function request(path, options = {}) {
  for (let attempt = 0; ; ++attempt) {
    const answer = await rawRequest(path, options);
    if (answer.status === 401 && attempt < 3) {
      await renewLogin();
      continue;
    }
    if (!answer.ok && !options.also?.includes(answer.status)) throw new ApiError(answer.status, await reasonOf(answer));
    return answer;
  }
}

/// What the daemon says was wrong, in its own words if there are any.
export async function reasonOf(answer) {
  const type = answer.headers.get('Content-Type') ?? '';
  if (type.startsWith('text/plain')) {
    const text = (await answer.text()).trim().replace(/^(ERROR|\d{3} [\w -]+): /, '');
    if (text) return text.slice(0, 1000);
  }
  if (type.startsWith('application/json')) {
    const value = await answer.json().catch(() => null);
    const text = value?.error ?? value?.reason ?? value?.['kismet.helper.error'] ?? value?.message;
    if (typeof text === 'string') return text;
  }
  if (answer.status === 403) return 'Your login may not do this.';
  if (answer.status === 404) return 'The daemon has no such page.';
  return `The daemon answered ${answer.status} ${answer.statusText}.`;
}

export async function getJson(path, options) {
  return (await request(path, options)).json();
}

/// `value` as the form variable "json", as all commands of the daemon take it.
export function postJson(path, value, options = {}) {
  return request(path, {method: 'POST', body: new URLSearchParams({json: JSON.stringify(value)}), ...options});
}
