// What is heard at the desk: the critical until somebody has taken it on, the high once.
import { expect, test } from 'vitest';
import { Alarm } from '../src/alerts/alarm';
import type { Alert } from '../src/api/types';

const NOW = Date.parse('2026-03-01T00:00:00Z');

function alert(id: string, severity: number, handling: object = {}): Alert {
  return { id, severity, condition: 'momentary', handling: { state: 'new', shelved: null, ...handling } } as unknown as Alert;
}

test('a critical alert is heard until it is acknowledged, shelved or closed', () => {
  const alarm = new Alarm();
  expect(alarm.next([alert('a', 1), alert('b', 3)], NOW)).toEqual({ urgent: ['a'], beep: false });
  expect(alarm.next([alert('a', 1, { state: 'acknowledged' })], NOW).urgent).toEqual([]);
  expect(alarm.next([alert('a', 1, { shelved: { until: '' } })], NOW).urgent).toEqual([]);
  expect(alarm.next([alert('a', 1, { state: 'closed' })], NOW).urgent).toEqual([]);
  // Reopened, or back from the shelf, it is heard again.
  expect(alarm.next([alert('a', 1)], NOW).urgent).toEqual(['a']);
});

test('what is silenced stays silent; what comes later is heard', () => {
  const alarm = new Alarm();
  alarm.next([alert('a', 1)], NOW);
  alarm.silence([alert('a', 1)]);
  expect(alarm.next([alert('a', 1), alert('b', 1)], NOW).urgent).toEqual(['b']);
  alarm.forget();
  expect(alarm.next([alert('a', 1)], NOW).urgent).toEqual(['a']);
});

test('what another desk silenced is not heard here, until its time is over or it goes higher', () => {
  const alarm = new Alarm();
  const signed = { by: 'lan', at: '2026-02-28T23:59:00Z' };
  const heard = (handling: object, now = NOW) => alarm.next([alert('a', 1, handling)], now).urgent;
  expect(heard({ silenced: { until: null, ...signed } })).toEqual([]);
  const bounded = { silenced: { until: '2026-03-01T00:01:00Z', ...signed } };
  expect(heard(bounded)).toEqual([]);
  expect(heard(bounded, NOW + 60_000)).toEqual(['a']);
  // Silenced here only: put before somebody else, it is heard again.
  alarm.silence([alert('a', 1)]);
  expect(heard({})).toEqual([]);
  expect(heard({ silenced: null, escalated: { to: 'lead', reason: '', ...signed } })).toEqual(['a']);
});

test('a high alert beeps once, and not those that were there before', () => {
  const alarm = new Alarm();
  expect(alarm.next([alert('a', 2)], NOW).beep).toBe(false);
  expect(alarm.next([alert('a', 2), alert('b', 2)], NOW).beep).toBe(true);
  expect(alarm.next([alert('b', 2)], NOW).beep).toBe(false);
  expect(alarm.next([alert('b', 2), alert('c', 3), alert('d', 4)], NOW).beep).toBe(false);
});
