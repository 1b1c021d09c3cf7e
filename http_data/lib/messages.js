// Messages as the pages show them, whether they come from the feed, the list or the log.

export const kSeverities = ['debug', 'info', 'error', 'alert', 'fatal'];
const kFlags = {1: 'debug', 2: 'info', 4: 'error', 8: 'alert', 16: 'fatal'};

export function messageOf(raw) {
  const field = (name) => raw[`kismet.messagebus.message_${name}`];
  return {
    time: field('time') + (field('time_usec') ?? 0) / 1e6,
    severity: kFlags[field('flags')] ?? 'info',
    source: field('source') || 'kismet',
    text: field('string') ?? '',
    repeats: field('repeats') ?? 1,
    id: raw.id,
  };
}

export const isProblem = (message) => ['error', 'alert', 'fatal'].includes(message.severity);
