// Elements without markup in strings: what comes from outside is text, never HTML.

/// An element: h('button', {class: 'quiet', onclick: f, 'aria-label': 'Stop', disabled: true}, 'text', child, ...).
/// null, undefined and false among properties and children are left out.
export function h(tag, properties = {}, ...children) {
  return fill(document.createElement(tag), properties, children);
}

export function svg(tag, properties = {}, ...children) {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', tag), properties, children);
}

function fill(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name === 'value' || name === 'checked') element[name] = value;
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/// Changes a text only where it differs: what did not change costs no layout, and no screen reader says it again.
export function setText(element, text) {
  const wanted = String(text);
  if (element.textContent !== wanted) element.textContent = wanted;
}

const kIcons = {
  overview: 'M4 13h6V4H4zM14 20h6v-9h-6zM4 20h6v-3H4zM14 7h6V4h-6z',
  messages: 'M4 5h16v11H9l-5 4zM8 9h8M8 12h5',
  events: 'M13 3 5 14h6l-1 7 8-11h-6z',
  endpoints: 'M6 5v9a3 3 0 0 0 3 3h9M14 13l4 4-4 4M6 5a1 1 0 1 0 0-.1M10 5h8',
  keys: 'M14 10a4 4 0 1 0-3.5 4H12l1.5 1.5L15 14l1.5 1.5L20 12l-2-2zM9 10h.1',
  plugin: 'M9 4v4M15 4v4M6 8h12v4a6 6 0 0 1-12 0zM12 18v3',
  wire: 'M3 8h13M12 4l4 4-4 4M21 16H8M12 12l-4 4 4 4',
  theme: 'M12 4a8 8 0 1 0 0 16zM12 4a8 8 0 0 1 0 16',
  logout: 'M10 4H5v16h5M14 8l4 4-4 4M18 12H9',
  start: 'M7 5v14l11-7z',
  stop: 'M7 7h10v10H7z',
  restart: 'M19 12a7 7 0 1 1-2-5l2 2M19 4v5h-5',
  reload: 'M5 6h14M5 12h9M5 18h6M16 15l3 3-3 3',
  pause: 'M9 6v12M15 6v12',
  down: 'M12 5v13M6 12l6 6 6-6',
  download: 'M12 4v11M7 11l5 5 5-5M5 20h14',
  open: 'M10 5H5v14h14v-5M13 5h6v6M19 5l-9 9',
  close: 'M6 6l12 12M18 6 6 18',
  alert: 'M12 4 2.5 20h19zM12 10v5M12 17.5v.1',
  plus: 'M12 5v14M5 12h14',
  chevron: 'M9 6l6 6-6 6',
  copy: 'M9 9h11v11H9zM5 15V4h11',
};

/// A picture beside a text that says the same; or alone in a control that has a label.
export function icon(name) {
  return svg('svg', {class: 'icon', viewBox: '0 0 24 24', 'aria-hidden': 'true'},
             svg('path', {d: kIcons[name] ?? kIcons.plugin}));
}

let fields = 0;

/// A control under its label, with a hint.
export function field(label, control, hint) {
  control.id = `field-${++fields}`;
  if (hint) control.setAttribute('aria-describedby', `${control.id}-hint`);
  return h('div', {class: 'field'}, h('label', {for: control.id}, label), control, hint && h('small', {id: `${control.id}-hint`}, hint));
}

/// What a page shows in place of a list that is empty, or that could not be had; and what to do next.
export function emptyState(title, text, ...actions) {
  return h('div', {class: 'empty'}, h('p', {class: 'empty-title'}, title), text && h('p', {}, text), ...actions);
}

export function copyButton(text, label = 'Copy') {
  const button = h('button', {type: 'button', class: 'quiet', onclick: copy}, icon('copy'), label);
  async function copy() {
    try {
      await navigator.clipboard.writeText(text());
      setText(button, 'Copied');
    } catch {  // Without https browsers keep the clipboard from pages.
      setText(button, 'Select the text and copy it by hand');
    }
  }
  return button;
}
