import {h, icon, setText} from './dom.js';
import {count} from './format.js';
import {VirtualList} from './virtual_list.js';

/// A list that grows at its end, as fast as it likes. It follows until the reader scrolls up, opens a row or pauses it;
/// what comes meanwhile waits, counted on a button that goes to the end, so that what is read stays where it is. Of what
/// came the last `cap` items are kept, and not more than `maxWeight`.
export class LiveList {
  constructor(place, {render, label, matches = () => true, cap = 10000, weight = () => 1, maxWeight = Infinity}) {
    Object.assign(this, {matches, cap, weightOf: weight, maxWeight});
    this.top = h('div', {class: 'list-top'});
    this.scroller = h('div', {class: 'live-list'}, this.top);
    this.jump = h('button', {type: 'button', class: 'jump primary', hidden: true, onclick: () => this.resume()});
    place.append(h('div', {class: 'live-frame'}, this.scroller, this.jump));
    this.list = new VirtualList(this.scroller, {render, label, follow: true});
    this.list.addEventListener('follow', () => this.followChanged());
    this.scroller.addEventListener('toggle', ({target}) => {
      if (target.open && this.list.stuck && this.scroller.scrollHeight > this.scroller.clientHeight) this.pause();
      this.list.schedule();
      if (target.open) requestAnimationFrame(() => this.list.reveal(target));
    }, true);
    this.all = [];
    this.weight = 0;
    this.arrived = [];
    this.pending = [];
    this.missed = 0;
    this.onChange = () => {};
    this.onDrop = () => {};  // The oldest rows are gone.
  }

  get paused() {
    return !this.list.stuck;
  }

  /// Drawn with the next frame, together with all others that come until then.
  add(item) {
    this.arrived.push(item);
    this.weight += this.weightOf(item);
    if (this.arrived.length > this.cap || this.weight > this.maxWeight) this.takeArrived();
    this.frame ||= requestAnimationFrame(() => { this.frame = 0; this.takeArrived(); });
  }

  takeArrived() {
    const fresh = this.arrived;
    this.arrived = [];
    this.all.push(...fresh.slice(-this.cap));
    this.trimAll();
    const seen = fresh.filter(this.matches);
    if (this.paused) {
      this.pending.push(...seen);
      if (this.pending.length > this.cap) this.missed += this.pending.splice(0, this.pending.length - this.cap).length;
    } else {
      this.list.append(seen);
      this.trimRows();
    }
    this.drawJump();
    this.onChange();
  }

  trimAll() {
    const slack = this.cap / 10;
    let drop = this.all.length > this.cap + slack ? this.all.length - this.cap : 0;
    for (let i = 0; i < drop; ++i) this.weight -= this.weightOf(this.all[i]);
    while (this.weight > this.maxWeight && drop < this.all.length - 1) this.weight -= this.weightOf(this.all[drop++]);
    if (drop) this.all.splice(0, drop);
  }

  trimRows() {
    if (this.list.length <= this.cap * 1.1) return;
    this.list.dropFirst(this.list.length - this.cap);
    this.onDrop();
  }

  pause() {
    this.list.setStuck(false);
  }

  resume() {
    this.list.toEnd();
  }

  followChanged() {
    if (!this.paused) {
      if (this.missed) this.list.set(this.all.filter(this.matches));
      else this.list.append(this.pending);
      this.pending = [];
      this.missed = 0;
      this.trimRows();
    }
    this.drawJump();
    this.onChange();
  }

  drawJump() {
    this.jump.hidden = !this.paused;
    if (!this.paused) return;
    const waiting = this.pending.length + this.missed;
    const text = waiting ? `${count(waiting)} new` : 'Paused';
    if (!this.jump.firstChild) this.jump.append(icon('down'), h('span'));
    setText(this.jump.lastChild, `${text} · go to the latest`);
  }

  /// Shows what `matches` of all that is kept.
  filter(matches) {
    this.matches = matches;
    this.pending = [];
    this.missed = 0;
    this.list.set(this.all.filter(matches));
    this.resume();
    this.drawJump();
    this.onChange();
  }

  clear() {
    this.all = [];
    this.arrived = [];
    this.weight = 0;
    this.filter(this.matches);
  }

  destroy() {
    cancelAnimationFrame(this.frame);
    this.list.destroy();
  }
}

/// Pauses and resumes a LiveList by hand.
export function pauseButton(list) {
  const label = h('span', {}, 'Pause');
  const button = h('button', {type: 'button', 'aria-pressed': 'false',
                              onclick: () => (list.paused ? list.resume() : list.pause())}, icon('pause'), label);
  list.list.addEventListener('follow', () => {
    button.setAttribute('aria-pressed', String(list.paused));
    setText(label, list.paused ? 'Paused' : 'Pause');
  });
  return button;
}
