const kOverscan = 300;  // Pixels above and below the view that are drawn ahead.
const kPasses = 3;      // Drawing measures rows, which may move others: so often a frame at the most.

/// A list of any length of which only the part in view is in the document. Rows may be of different heights, which are
/// measured as they come into view. Changes are drawn once a frame. The reader's place is held by the row at the top of
/// the view; a list that follows stays at its end until the reader scrolls up ("follow" event when that changes).
///
///   new VirtualList(element, {render: (item) => node, key: (item) => text, follow: true, label: 'Messages'})
///
/// `element` scrolls, or `scroller` around it does.
export class VirtualList extends EventTarget {
  constructor(element, {render, update, key, same = (a, b) => a === b, label, follow = false, scroller = element, estimate = 30,
                        roles = ['list', 'listitem']}) {
    super();
    Object.assign(this, {element, render, update, key, same, scroller, estimate, follows: follow, stuck: follow});
    this.rowRole = roles[1];
    this.body = document.createElement('div');
    this.body.className = 'rows';
    this.body.setAttribute('role', roles[0]);
    if (roles[0] === 'list') this.body.setAttribute('aria-label', label);
    element.append(this.body);
    if (scroller === element) {
      element.tabIndex = 0;
      if (!element.hasAttribute('role')) element.setAttribute('role', 'region');
      element.setAttribute('aria-label', label);
    }
    this.entries = [];
    this.shown = [];
    this.tops = new Float64Array(64);
    this.anchor = null;
    this.lastTop = 0;
    this.onScroll = () => this.scrolled();
    scroller.addEventListener('scroll', this.onScroll, {passive: true});
    this.resized = new ResizeObserver(() => this.sizeChanged());
    this.resized.observe(element);
    if (scroller !== element) this.resized.observe(scroller);
  }

  get length() {
    return this.entries.length;
  }

  items() {
    return this.entries.map((entry) => entry.item);
  }

  /// All rows anew. Rows with the key of an old one keep their place in the document and are updated.
  set(items) {
    const old = this.key ? new Map(this.entries.map((entry) => [this.key(entry.item), entry])) : new Map();
    for (const entry of this.entries) entry.gone = true;
    this.entries = items.map((item) => {
      const entry = this.key && old.get(this.key(item));
      if (!entry) return this.entry(item);
      const redraw = entry.node && (this.update || !this.same(entry.item, item));
      entry.item = item;
      entry.gone = false;
      if (redraw) this.refreshEntry(entry);
      return entry;
    });
    this.schedule();
  }

  append(items) {
    for (const item of items) this.entries.push(this.entry(item));
    this.schedule();
  }

  prepend(items) {
    this.entries.unshift(...items.map((item) => this.entry(item)));
    this.schedule();
  }

  dropFirst(number) {
    for (const entry of this.entries.splice(0, number)) entry.gone = true;
    this.schedule();
  }

  /// `item` looks different now.
  refresh(item) {
    const entry = this.shown.find((shown) => shown.item === item);
    if (entry?.node) this.refreshEntry(entry);
    this.schedule();
  }

  /// Scrolls as far as `node` needs to be seen; this is not the reader's scrolling.
  reveal(node) {
    this.revealing = true;
    node.scrollIntoView({block: 'nearest'});
  }

  toEnd() {
    this.setStuck(true);
    this.schedule();
  }

  destroy() {
    cancelAnimationFrame(this.frame);
    this.resized.disconnect();
    this.scroller.removeEventListener('scroll', this.onScroll);
    this.body.remove();
    this.destroyed = true;
  }

  entry(item) {
    return {item, height: 0, node: null, index: 0, gone: false};
  }

  refreshEntry(entry) {
    if (this.update) return this.update(entry.node, entry.item);
    const node = this.makeNode(entry);
    const focused = focusables(entry.node).indexOf(document.activeElement);
    entry.node.replaceWith(node);
    entry.node = node;
    if (focused >= 0) focusables(node)[focused]?.focus({preventScroll: true});
  }

  makeNode(entry) {
    const node = this.render(entry.item);
    node.setAttribute('role', this.rowRole);
    return node;
  }

  setStuck(stuck) {
    if (this.stuck === stuck) return;
    this.stuck = stuck;
    if (!stuck) this.holdPlace();
    this.dispatchEvent(new Event('follow'));
  }

  /// How far the top of the view is below the top of the first row.
  viewTop() {
    if (this.scroller === this.element) return this.scroller.scrollTop;
    return this.scroller.getBoundingClientRect().top - this.body.getBoundingClientRect().top;
  }

  scrolled() {
    const {scrollTop, scrollHeight, clientHeight} = this.scroller;
    if (this.follows && !this.revealing) {
      if (scrollTop < this.lastTop - 2) this.setStuck(false);
      else if (scrollTop + clientHeight >= scrollHeight - 4) this.setStuck(true);
    }
    this.revealing = false;
    this.lastTop = scrollTop;
    if (!this.stuck) this.holdPlace();
    if (scrollTop < 400) this.dispatchEvent(new Event('top'));
    this.schedule();
  }

  holdPlace() {
    const top = this.viewTop();
    const entry = this.entries[this.indexAt(top)];
    this.anchor = entry && (top > 0 || this.follows) ? {entry, offset: top - this.tops[entry.index]} : null;
  }

  sizeChanged() {
    const width = this.element.clientWidth;
    if (width !== this.width) for (const entry of this.entries) entry.height = 0;
    this.width = width;
    this.schedule();
  }

  schedule() {
    if (!this.frame && !this.destroyed) this.frame = requestAnimationFrame(() => this.draw());
  }

  draw() {
    this.frame = 0;
    const height = this.scroller.clientHeight;
    let top = this.viewTop();
    for (let pass = 0; pass < kPasses; ++pass) {
      const total = this.sumHeights();
      if (this.stuck) top = Math.max(0, total - height);
      else if (this.anchor && !this.anchor.entry.gone) top = this.tops[this.anchor.entry.index] + this.anchor.offset;
      this.place(this.indexAt(top - kOverscan), Math.min(this.indexAt(top + height + kOverscan) + 1, this.length), total);
      if (!this.measure()) break;
    }
    const now = this.viewTop();
    if ((this.stuck || this.anchor) && Math.abs(now - top) > 1) this.scroller.scrollTop += top - now;
    if (this.stuck) this.scroller.scrollTop = this.scroller.scrollHeight;
    this.lastTop = this.scroller.scrollTop;
  }

  sumHeights() {
    if (this.tops.length <= this.length) this.tops = new Float64Array(2 * this.length + 64);
    let top = 0;
    for (let i = 0; i < this.entries.length; ++i) {
      const entry = this.entries[i];
      entry.index = i;
      this.tops[i] = top;
      top += entry.height || this.estimate;
    }
    this.tops[this.length] = top;
    return top;
  }

  /// Which row is at `y`; the last one for what is below.
  indexAt(y) {
    let low = 0;
    let high = Math.max(0, this.length - 1);
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.tops[middle] <= y) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  place(first, last, total) {
    const wanted = this.entries.slice(first, last);
    const keep = new Set(wanted);
    for (const entry of this.shown) {
      if (keep.has(entry)) continue;
      if (entry.node.contains(document.activeElement)) this.scroller.focus({preventScroll: true});
      entry.node.remove();
      entry.node = null;
    }
    let next = this.body.firstChild;
    for (const entry of wanted) {
      entry.node ??= this.makeNode(entry);
      if (entry.node === next) {
        next = next.nextSibling;
      } else {
        this.body.insertBefore(entry.node, next);
      }
      if (this.rowRole === 'listitem') {
        entry.node.setAttribute('aria-setsize', this.length);
        entry.node.setAttribute('aria-posinset', entry.index + 1);
      } else {
        entry.node.setAttribute('aria-rowindex', entry.index + 2);
      }
    }
    this.shown = wanted;
    this.body.style.paddingTop = `${this.tops[first] ?? 0}px`;
    this.body.style.paddingBottom = `${Math.max(0, total - (this.tops[last] ?? 0))}px`;
  }

  /// Whether a row is of another height than thought.
  measure() {
    let changed = false;
    for (const entry of this.shown) {
      const height = entry.node.offsetHeight;
      if (!height || Math.abs(height - (entry.height || this.estimate)) < 0.5) {
        entry.height = height || entry.height;
        continue;
      }
      entry.height = height;
      changed = true;
    }
    return changed;
  }
}

const focusables = (node) => [...node.querySelectorAll('a, button, summary, input')];

/// For rows whose items are made anew with each answer of the daemon.
export const sameJson = (a, b) => JSON.stringify(a) === JSON.stringify(b);
