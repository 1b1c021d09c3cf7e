import {h, icon} from './dom.js';
import {ago, bytes, dateTime, duration} from './format.js';

// What a helper's page shows that does not move.

/// The report of its last failure, for people who want to know what to do.
export function crashReport(report) {
  if (!report) return [];
  const used = report.resources;
  return [
    h('p', {class: 'report-summary'}, icon('alert'), h('b', {}, report.summary)),
    report.hint && h('p', {class: 'hint'}, h('b', {}, 'Hint: '), report.hint),
    h('dl', {class: 'pairs'},
      pair('When', h('time', {title: ago(report.time)}, dateTime(report.time))),
      pair('Its end', report.exit), pair('Ran for', duration(report.ran_for)), pair('Connection', report.session),
      used && pair('Used', `${duration(used.user_cpu + used.system_cpu)} of processor time, ${bytes(used.peak_memory)} of memory at most`)),
    h('h3', {}, 'Its last lines'),
    report.output?.length ? h('pre', {class: 'report-output', tabindex: 0}, report.output.join('\n'))
                          : h('p', {class: 'muted'}, 'It wrote nothing.'),
    report.frames?.length && h('h3', {}, 'The last frames'),
    report.frames?.length && h('pre', {class: 'report-output', tabindex: 0}, report.frames.map(frameLine).join('\n')),
  ].filter(Boolean);
}

const frameLine = (frame) => `${frame.before_end.toFixed(3).padStart(8)} s before  ${frame.direction === 'in' ? 'from' : 'to  '}  ` +
    `${frame.command.padEnd(18)}  number ${frame.seqno}, ${bytes(frame.size)}`;

function pair(name, value) {
  return value === undefined || value === '' ? [] : [h('dt', {}, name), h('dd', {}, value)];
}

export function definitionList(definition) {
  const words = {program: 'Program', args: 'Arguments', path: 'Found as', enabled: 'Enabled', restart: 'Restart', wire: 'Wire asked for',
                 generation: 'Wire spoken', transport: 'Transport', peer: 'Connected from', uri_role: 'Role for its pages', token_role: 'Role of its token',
                 defined_at: 'Defined at'};
  const text = (value) => (Array.isArray(value) ? value.join(' ') : value === true ? 'yes' : value === false ? 'no'
      : typeof value === 'object' && value ? JSON.stringify(value) : String(value));
  return h('dl', {class: 'pairs'}, Object.entries(definition)
      .filter(([, value]) => value !== '' && value !== undefined && value !== null && !(Array.isArray(value) && !value.length))
      .map(([name, value]) => pair(words[name] ?? name, text(value))));
}
