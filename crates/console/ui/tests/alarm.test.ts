// What is heard at the desk: the critical until somebody has taken it on, the high once.
import { expect, test } from 'vitest';
import { Alarm } from '../src/alerts/alarm';
import type { Alert } from '../src/api/types';

function alert(id: string, severity: number, handling: object = {}): Alert {
  return { id, severity, condition: 'momentary', handling: { state: 'new', shelved: null, ...handling } } as unknown as Alert;
}

test('a critical alert is heard until it is acknowledged, shelved or closed', () => {
  const alarm = new Alarm();
  expect(alarm.next([alert('a', 1), alert('b', 3)])).toEqual({ urgent: ['a'], beep: false });
  expect(alarm.next([alert('a', 1, { state: 'acknowledged' })]).urgent).toEqual([]);
  expect(alarm.next([alert('a', 1, { shelved: { until: '' } })]).urgent).toEqual([]);
  expect(alarm.next([alert('a', 1, { state: 'closed' })]).urgent).toEqual([]);
  // Reopened, or back from the shelf, it is heard again.
  expect(alarm.next([alert('a', 1)]).urgent).toEqual(['a']);
});

test('what is silenced stays silent; what comes later is heard', () => {
  const alarm = new Alarm();
  alarm.next([alert('a', 1)]);
  alarm.silence(['a']);
  expect(alarm.next([alert('a', 1), alert('b', 1)]).urgent).toEqual(['b']);
  alarm.forget();
  expect(alarm.next([alert('a', 1)]).urgent).toEqual(['a']);
});

test('a high alert beeps once, and not those that were there before', () => {
  const alarm = new Alarm();
  expect(alarm.next([alert('a', 2)]).beep).toBe(false);
  expect(alarm.next([alert('a', 2), alert('b', 2)]).beep).toBe(true);
  expect(alarm.next([alert('b', 2)]).beep).toBe(false);
  expect(alarm.next([alert('b', 2), alert('c', 3), alert('d', 4)]).beep).toBe(false);
});
