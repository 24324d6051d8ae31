// The officer's list: what needs a person stands first, and nothing moves under the pointer.
import { expect, test } from 'vitest';
import type { Alert } from '../src/api/types';
import { Queue, isOpen, isTheirs, perMinute, withCounted } from '../src/alerts/queue';

const START = Date.parse('2026-11-27T14:00:00Z');
let change = 0;

function alert(id: string, severity: number, minute: number, more: Partial<Alert> = {}): Alert {
  const first = new Date(START + minute * 60_000).toISOString();
  change += 1;
  return {
    id, version: 1, change, kind: 'intrusion', rule: 'r', severity, class: 'person', cameras: ['c'], location: null,
    first, last: first, last_event: id, count: 1, condition: 'momentary', cleared: null, events: '', ...more,
  } as Alert;
}

const ids = (queue: Queue) => queue.view().rows.map((row) => row.id);

test('graver goes first, then newer; what is acknowledged goes last', () => {
  const acknowledged = new Set(['a']);
  const queue = new Queue(undefined, (one) => acknowledged.has(one.id));
  queue.replace([alert('a', 1, 9), alert('b', 3, 5), alert('c', 2, 1), alert('d', 2, 2)]);
  expect(ids(queue)).toEqual(['d', 'c', 'b', 'a']);
});

test('a held list does not move: what comes waits, and only the critical is pinned above', () => {
  const queue = new Queue();
  queue.replace([alert('a', 3, 1), alert('b', 3, 0)]);
  queue.hold();
  queue.take(alert('c', 2, 2));
  queue.take(alert('d', 1, 3));
  expect(ids(queue)).toEqual(['a', 'b']);
  expect(queue.view().waiting).toBe(2);
  expect(queue.view().pinned.map((row) => row.id)).toEqual(['d']);
  queue.sort();
  expect(ids(queue)).toEqual(['d', 'c', 'a', 'b']);
  expect(queue.view()).toMatchObject({ waiting: 0, pinned: [] });
  queue.take(alert('e', 2, 4));
  queue.release();
  expect(ids(queue)).toEqual(['d', 'e', 'c', 'a', 'b']);
});

test('an alert that changes is changed where it stands, and an older state is not taken', () => {
  const queue = new Queue();
  const early = alert('a', 3, 1);
  queue.replace([early, alert('b', 3, 0)]);
  queue.hold();
  queue.take(alert('b', 1, 0, { count: 7 }));
  expect(queue.view().rows.map((row) => [row.id, row.count])).toEqual([['a', 1], ['b', 7]]);
  queue.release();
  expect(ids(queue)).toEqual(['b', 'a']);
  queue.take({ ...early, change: 0, count: 99 });
  expect(queue.get('a')?.count).toBe(1);
});

test('what is not wanted is kept, and shown when it is wanted again', () => {
  let most = 1;
  const queue = new Queue((one) => one.severity <= most);
  queue.replace([alert('a', 3, 1), alert('b', 1, 0)]);
  expect(ids(queue)).toEqual(['b']);
  queue.hold();
  queue.take(alert('c', 3, 2));
  expect(queue.view().waiting).toBe(0);
  most = 4;
  queue.sort();
  expect(ids(queue)).toEqual(['b', 'c', 'a']);
});

test('the oldest is forgotten when there are too many', () => {
  const queue = new Queue(undefined, undefined, 2);
  queue.replace([alert('a', 3, 1), alert('b', 3, 0)]);
  queue.take(alert('c', 3, 2));
  expect(ids(queue)).toEqual(['c', 'a']);
});

test('what waits is never forgotten, however old and however many', () => {
  const queue = new Queue(undefined, undefined, 2);
  const handled = (id: string, minute: number, state: string) => alert(id, 3, minute, { handling: { state, version: 1, steps: [] } } as Partial<Alert>);
  queue.replace([handled('old', 0, 'new'), handled('held', 1, 'in_progress')]);
  for (const id of ['c', 'd']) queue.take(handled(id, 5, 'new'));
  expect(ids(queue).toSorted()).toEqual(['c', 'd', 'held', 'old']);
  expect(queue.view().forgotten).toBe(0);
  queue.take(handled('held', 1, 'closed'));
  queue.take(handled('e', 6, 'new'));
  expect(ids(queue).toSorted()).toEqual(['c', 'd', 'e', 'old']);
  expect(queue.view().forgotten).toBe(1);
});

test('alerts are counted by the minute and severity', () => {
  const lanes = perMinute([alert('a', 1, 0), alert('b', 3, 1), alert('c', 3, 1), alert('d', 3, 99)], START + 2 * 60_000, 2);
  expect(lanes).toEqual([[1, 0], [0, 0], [0, 2], [0, 0]]);
});

test('what the service has counted stands for the list up to where it has counted', () => {
  const end = START + 3 * 60_000;
  const lanes = perMinute([alert('a', 1, 0), alert('b', 3, 1), alert('c', 3, 2)], end, 3);
  const counted = { until: START + 2 * 60_000, spans: [{ start: START + 60_000, counts: [0, 0, 70, 4] }] };
  // The list holds one of seventy, and one that was raised a little sooner by another clock.
  expect(withCounted(lanes, counted, end)).toEqual([[0, 0, 0], [0, 0, 0], [0, 70, 1], [0, 4, 0]]);
  expect(withCounted(lanes, undefined, end)).toEqual(lanes);
  // A minute later it has moved on.
  expect(withCounted(perMinute([], end + 60_000, 3), counted, end + 60_000)).toEqual([[0, 0, 0], [0, 0, 0], [70, 0, 0], [4, 0, 0]]);
});

test('alerts of one group stand in one row, that of the one that stands highest', () => {
  const queue = new Queue();
  queue.isGrouped = true;
  queue.replace([alert('a', 3, 1, { group: 'a' }), alert('b', 2, 2, { group: 'a' }), alert('c', 3, 3), alert('d', 3, 4, { group: 'a' })]);
  expect(ids(queue)).toEqual(['b', 'c']);
  expect([...queue.view().grouped]).toEqual([['b', 3]]);
  expect(queue.view().folded).toBe(2);
  queue.isGrouped = false;
  queue.sort();
  expect(ids(queue)).toEqual(['b', 'd', 'c', 'a']);
  expect(queue.view().folded).toBe(0);
});

test('an alert is theirs who has it, who answers for it, and before whom it was put', () => {
  const handled = (handling: object) => alert('a', 1, 0, { handling: { state: 'new', version: 1, steps: [], ...handling } } as Partial<Alert>);
  const signed = (by: string | null) => ({ by, at: '2026-11-27T14:00:00Z' });
  const escalated = { to: 'lan', reason: '', ...signed(null) };
  expect(isTheirs(handled({ assignee: 'lan' }), 'lan')).toBe(true);
  expect(isTheirs(handled({ state: 'acknowledged', acknowledged: signed('lan') }), 'lan')).toBe(true);
  expect(isTheirs(handled({ state: 'acknowledged', acknowledged: signed('lan'), assignee: 'minh' }), 'lan')).toBe(false);
  expect(isTheirs(handled({ escalated }), 'lan')).toBe(true);
  // Who is to know it goes on knowing it when another has it.
  expect(isTheirs(handled({ escalated, state: 'in_progress', assignee: 'minh' }), 'lan')).toBe(true);
  expect(isTheirs(handled({ escalated }), 'minh')).toBe(false);
  expect(isTheirs(handled({ escalated, state: 'closed' }), 'lan')).toBe(false);
  expect(isTheirs(handled({}), undefined)).toBe(false);
});

test('open is what somebody is to deal with: not what is closed or put aside', () => {
  const handled = (handling: object) => alert('a', 1, 0, { handling: { state: 'new', version: 1, steps: [], shelved: null, ...handling } } as Partial<Alert>);
  expect([{}, { state: 'acknowledged' }, { state: 'in_progress' }].map((handling) => isOpen(handled(handling)))).toEqual([true, true, true]);
  expect([{ state: 'closed' }, { shelved: { until: '2026-11-27T15:00:00Z', reason: '' } }].map((handling) => isOpen(handled(handling)))).toEqual([false, false]);
  expect(isOpen(alert('a', 1, 0))).toBe(true);
});
