import {address, rawRequest, request, socketAddress} from './api.js';

const kFirstDelayMs = 500;
const kLongestDelayMs = 15000;
const kSteadyMs = 5000;  // A connection that held so long was a good one: the delays begin anew.

/// A websocket that comes back by itself, later each time, at once when the machine is online again. Events: "state"
/// (`state` is connecting, open, waiting or closed; `retryAt` in milliseconds while waiting), "text" (`detail` is the
/// parsed JSON). `greet(socket)` is called on each connection; a login that has ended is renewed in between.
export class Live extends EventTarget {
  constructor(path, greet = () => {}) {
    super();
    this.path = path;
    this.greet = greet;
    this.state = 'connecting';
    this.delay = kFirstDelayMs;
    this.retryAt = 0;
    this.wake = () => this.state === 'waiting' && document.visibilityState === 'visible' && this.connect();
    addEventListener('online', this.wake);
    document.addEventListener('visibilitychange', this.wake);
    this.connect();
  }

  connect() {
    clearTimeout(this.timer);
    this.set('connecting');
    const socket = new WebSocket(socketAddress(this.path));
    this.socket = socket;
    let opened = 0;
    socket.onopen = () => {
      opened = performance.now();
      this.greet(socket);
      this.set('open');
    };
    socket.onmessage = (message) => {
      if (typeof message.data !== 'string') return;
      let value;
      try {
        value = JSON.parse(message.data);
      } catch {
        return;
      }
      this.dispatchEvent(new CustomEvent('text', {detail: value}));
    };
    socket.onclose = () => {
      if (this.state === 'closed' || this.socket !== socket) return;
      if (opened && performance.now() - opened > kSteadyMs) this.delay = kFirstDelayMs;
      this.wait();
      if (!opened) this.lookWhy();
    };
  }

  wait() {
    const delay = this.delay * (0.8 + 0.4 * Math.random());
    this.delay = Math.min(this.delay * 2, kLongestDelayMs);
    this.retryAt = Date.now() + delay;
    this.timer = setTimeout(() => this.connect(), delay);
    this.set('waiting');
  }

  /// A browser does not tell why a websocket was refused: a plain request does.
  async lookWhy() {
    try {
      if ((await rawRequest('session/check_session')).status !== 401) return;
      clearTimeout(this.timer);
      await request('session/check_session');
      if (this.state !== 'closed') this.connect();
    } catch {
      // Nobody answers: the next try is due anyway.
    }
  }

  /// Whether the daemon has such a websocket at all.
  async exists() {
    return (await fetch(address(this.path), {cache: 'no-store'})).status !== 404;
  }

  send(value) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(value));
  }

  set(state) {
    this.state = state;
    this.dispatchEvent(new Event('state'));
  }

  close() {
    this.state = 'closed';
    clearTimeout(this.timer);
    removeEventListener('online', this.wake);
    document.removeEventListener('visibilitychange', this.wake);
    this.socket.close();
  }
}

/// The event feed: hears `topics` from `since` (EVENTS.md) on, and after an interruption from where it was. Event
/// "event": `detail` is {topic, id, seq, time, event, dropped}.
export class Feed extends Live {
  constructor(topics, since) {
    super('eventbus/events.ws', (socket) => {
      for (const topic of this.topics) socket.send(JSON.stringify(this.wish(topic)));
    });
    this.topics = topics;
    this.since = since;
    this.last = undefined;
    this.addEventListener('text', ({detail}) => {
      if (detail.topic === undefined) return;
      this.last = detail.id;
      this.dispatchEvent(new CustomEvent('event', {detail}));
    });
  }

  wish(topic) {
    const since = this.last ?? this.since;
    return {SUBSCRIBE: topic, envelope: true, parsed: true, ...(since === undefined ? {} : {since})};
  }
}
