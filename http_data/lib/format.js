// Figures for people.

const kPrefixes = ['', 'k', 'M', 'G', 'T'];

function scaled(value, step, unit) {
  let i = 0;
  while (Math.abs(value) >= step && i < kPrefixes.length - 1) {
    value /= step;
    ++i;
  }
  const digits = i === 0 || value >= 100 ? 0 : 1;
  return `${value.toFixed(digits)} ${kPrefixes[i]}${unit}`.trim();
}

export const bytes = (value) => scaled(value ?? 0, 1000, 'B');
export const byteRate = (value) => `${bytes(value)}/s`;
export const count = (value) => (value >= 100000 ? scaled(value, 1000, '') : Math.round(value ?? 0).toLocaleString());
export const rate = (value) => (value >= 9.95 || value === 0 ? count(value) : (value ?? 0).toFixed(1));

/// "3.2 s", "4 min", "2 h 5 min", "3 d 4 h"
export function duration(seconds) {
  if (!(seconds >= 0)) return '–';
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  const days = Math.floor(hours / 24);
  return hours % 24 ? `${days} d ${hours % 24} h` : `${days} d`;
}

export function milliseconds(value) {
  if (!(value > 0)) return '–';
  if (value < 1) return `${value.toFixed(2)} ms`;
  return value < 10 ? `${value.toFixed(1)} ms` : value < 10000 ? `${Math.round(value)} ms` : duration(value / 1000);
}

export const ago = (seconds) => `${duration(Math.max(0, Date.now() / 1000 - seconds))} ago`;

const kClock = new Intl.DateTimeFormat(undefined, {hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false});
const kDay = new Intl.DateTimeFormat(undefined, {month: 'short', day: '2-digit'});

/// The time of day; another day than today's is said.
export function time(seconds) {
  const when = new Date(seconds * 1000);
  const clock = kClock.format(when);
  return when.toDateString() === new Date().toDateString() ? clock : `${kDay.format(when)} ${clock}`;
}

export const dateTime = (seconds) => new Date(seconds * 1000).toLocaleString();

export function plural(number, one, many = `${one}s`) {
  return `${count(number)} ${number === 1 ? one : many}`;
}
