import {ApiError, getJson, postJson} from './api.js';
import {Feed} from './live.js';
import {Series} from './sparkline.js';

const kPollMs = 1000;
const kKeptHistory = 100;  // Of a helper's states.
const kFields = ['name', 'state', 'state_since', 'pid', 'uptime', 'starts', 'failures', 'restarts_in_row',
                 'round_trip_us', 'open_exchanges', 'counters', 'last_exit', 'transport', 'requests_total']
    .map((name) => `kismet.helper.${name}`);

/// What all pages share: the helpers with their courses, the routes, the daemon's figures, and the one feed that tells
/// how the connection is. Polled once a second while the page is seen. Events: "helpers", "routes", "statistics",
/// "server", "message" (`detail` is the message), "connection", "restarted".
class Store extends EventTarget {
  helpers = [];
  byName = new Map();
  courses = new Map();   // Name to {requests, bytes, open, trip}.
  histories = new Map(); // Name to [{time, state, text}], oldest first, as far as the daemon's events tell.
  routes = [];
  statistics = {};
  server = {};           // Its name and version.
  total = {requests: new Series(), bytes: new Series(), open: new Series(), memory: new Series()};
  loaded = false;

  start() {
    this.feed = new Feed(['HELPER_*', 'URI_*', 'MESSAGE', 'STATISTICS'], undefined);
    this.feed.wish = (topic) => ({
      SUBSCRIBE: topic, envelope: true,
      ...(this.feed.last && topic !== 'STATISTICS' ? {since: this.feed.last} : topic === 'HELPER_*' ? {since: -500} : {}),
    });
    this.feed.addEventListener('event', ({detail}) => this.heard(detail));
    this.feed.addEventListener('state', () => {
      if (this.feed.state === 'open') {
        this.poll();
        this.loadRoutes();
        this.loadServer();
      }
      this.tell('connection');
    });
    document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && this.poll());
    this.poll();
  }

  tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, {detail}));
  }

  heard({topic, event, time, id}) {
    const content = event[topic] ?? {};
    if (topic === 'STATISTICS') {
      const started = content['kismet.system.timestamp.start_sec'];
      if (this.started && started !== this.started) this.tell('restarted');
      this.started = started;
      this.statistics = content;
      this.total.memory.push(content['kismet.system.memory.rss'] * 1024);
      this.tell('statistics');
    } else if (topic === 'MESSAGE') {
      this.tell('message', {...content, id, time});
    } else if (topic.startsWith('HELPER_')) {
      const name = content['kismet.helper.name'];
      const history = this.histories.get(name) ?? [];
      history.push({time, state: content['kismet.helper.state'], text: content['kismet.helper.text']});
      this.histories.set(name, history.slice(-kKeptHistory));
      this.pollSoon();
    } else {
      clearTimeout(this.routesTimer);
      this.routesTimer = setTimeout(() => this.loadRoutes(), 300);
    }
  }

  pollSoon() {
    this.soon ??= setTimeout(() => { this.soon = undefined; this.poll(); }, 100);
  }

  async poll() {
    if (this.polling) return;
    this.polling = true;
    clearTimeout(this.timer);
    try {
      const answer = await postJson('helpers/all.json', {fields: kFields});
      this.take(await answer.json());
      this.fault = null;
    } catch (error) {
      this.fault = error;
      if (error instanceof ApiError && error.status !== 0) this.tell('helpers');
    } finally {
      this.polling = false;
      if (document.visibilityState === 'visible') this.timer = setTimeout(() => this.poll(), kPollMs);
    }
  }

  take(list) {
    const now = performance.now();
    const seconds = Math.max(0.2, (now - (this.takenAt ?? now - 1000)) / 1000);
    const sum = {requests: 0, bytes: 0, open: 0};
    // A poll that an event asked for changes what is shown, but is no point of the plots.
    const point = !this.takenAt || seconds > 0.8;
    for (const helper of list) {
      const name = helper['kismet.helper.name'];
      const counters = helper['kismet.helper.counters'] || {};
      const course = this.courses.get(name) ??
          {requests: new Series(), bytes: new Series(), open: new Series(), trip: new Series()};
      this.courses.set(name, course);
      if (!point) continue;
      const all = {requests: counters.requests ?? 0, bytes: (counters.bytes_in ?? 0) + (counters.bytes_out ?? 0)};
      const open = helper['kismet.helper.open_exchanges'] ?? 0;
      for (const key of ['requests', 'bytes']) {
        const before = course.before?.[key] ?? all[key];
        course[key].push(Math.max(0, all[key] >= before ? all[key] - before : all[key]) / seconds);
        sum[key] += course[key].last;
      }
      course.open.push(open);
      course.trip.push((helper['kismet.helper.round_trip_us'] ?? 0) / 1000);
      sum.open += open;
      course.before = all;
    }
    if (point) {
      this.takenAt = now;
      for (const key of ['requests', 'bytes', 'open']) this.total[key].push(sum[key]);
    }
    this.helpers = list;
    this.byName = new Map(list.map((helper) => [helper['kismet.helper.name'], helper]));
    this.loaded = true;
    this.tell('helpers');
  }

  async loadRoutes() {
    try {
      this.routes = await getJson('system/routes.json');
      this.tell('routes');
    } catch (error) {
      this.routesFault = error;
      this.tell('routes');
    }
  }

  async loadServer() {
    const fields = ['kismet.system.server_name', 'kismet.system.version'];
    try {
      this.server = await (await postJson('system/status.json', {fields})).json();
      this.tell('server');
    } catch {
      // It is asked for again with the next connection.
    }
  }

  /// The page of a helper that its name leads to: its index, or else the shortest that can be opened.
  frontPage(name) {
    const pages = this.routes.filter((route) => route.owner === name && route.method === 'GET').map((route) => route.path);
    const rank = (path) => (/\/(index\.html?)?$/.test(path) ? 0 : /\.html?$/.test(path) ? 1 : 2);
    return pages.filter((path) => rank(path) < 2).sort((a, b) => rank(a) - rank(b) || a.length - b.length)[0];
  }
}

export const store = new Store();

/// Hears `types` of the store until `signal` is aborted.
export function onStore(signal, types, listener) {
  for (const type of [types].flat()) store.addEventListener(type, listener, {signal});
}

const kKinds = {ready: 'good', starting: 'busy', stopping: 'busy', backing_off: 'warn', failed: 'bad'};
const kWords = {backing_off: 'waits to restart', configured: 'not started'};

/// good, busy, warn, bad or idle: how a state is coloured.
export const stateKind = (state) => kKinds[state] ?? 'idle';
export const stateWord = (state) => kWords[state] ?? state;
