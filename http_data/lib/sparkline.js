import {svg} from './dom.js';

const kWidth = 120;
const kHeight = 32;

/// A small plot of a course: a line over a soft area, newest at the right. The figure beside it says the value.
export class Sparkline {
  constructor(className = '') {
    this.area = svg('path', {class: 'spark-area'});
    this.line = svg('path', {class: 'spark-line', 'vector-effect': 'non-scaling-stroke'});
    this.element = svg('svg', {class: `spark ${className}`, viewBox: `0 0 ${kWidth} ${kHeight}`,
                               preserveAspectRatio: 'none', 'aria-hidden': 'true'}, this.area, this.line);
  }

  /// `values` oldest first, at most `slots` of them; `floor`: the plot's top is never below this value.
  draw(values, slots = 60, floor = 1) {
    const top = Math.max(floor, ...values) * 1.08;
    const step = kWidth / (slots - 1);
    const first = kWidth - (values.length - 1) * step;
    let path = '';
    values.forEach((value, i) => {
      const y = kHeight - 1.5 - (value / top) * (kHeight - 3);
      path += `${i ? 'L' : 'M'}${(first + i * step).toFixed(1)} ${y.toFixed(1)}`;
    });
    this.line.setAttribute('d', path);
    this.area.setAttribute('d', path ? `${path}L${kWidth} ${kHeight}L${first.toFixed(1)} ${kHeight}Z` : '');
  }
}

/// The last values of a course.
export class Series {
  constructor(slots = 60) {
    this.slots = slots;
    this.values = [];
  }

  push(value) {
    this.values.push(Number.isFinite(value) ? value : 0);
    if (this.values.length > this.slots) this.values.shift();
  }

  get last() {
    return this.values.at(-1) ?? 0;
  }
}
