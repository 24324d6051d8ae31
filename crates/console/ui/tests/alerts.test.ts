// How the list of alerts begins: all that waits is read, tried for until it comes, and nothing comes after the end.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Alert, AlertsPage } from '../src/api/types';
import { lateOf, targetsOf } from '../src/alerts/late';
import { MOST, MOST_WAITING, readAlerts, type PageAsked } from '../src/alerts/reading';
import { Beginning, type IsCurrent } from '../src/live/beginning';

const NOW = Date.parse('2026-11-27T14:00:00Z');

/** A service with so many alerts of the last hours, so many that wait, and so many that are put aside. */
function service(lately: number, waiting: number, aside = 0, isHandled = true) {
  const asked: PageAsked[] = [];
  const ask = (page: PageAsked): Promise<AlertsPage> => {
    asked.push(page);
    const [kind, all] = page.sort ? ['queue', waiting] as const : page.shelved ? ['aside', aside] as const : ['late', lately] as const;
    const begin = Number(page.cursor ?? 0);
    const end = Math.min(all, begin + page.limit);
    const alerts = Array.from({ length: end - begin }, (_, index) => ({ id: `${kind}-${begin + index}` }) as Alert);
    return Promise.resolve({ alerts, next: end < all ? String(end) : null, as_of: `place-${asked.length}`, ...(isHandled ? { totals: [], answer_within: [{ severity: 1, seconds: 120 }] } : {}) } as AlertsPage);
  };
  return { ask, asked };
}

test('all that waits or is put aside is read, page by page, besides the latest', async () => {
  const { ask, asked } = service(700, 1700, 3);
  const read = await readAlerts(ask, NOW);
  expect(read.alerts).toHaveLength(2403);
  expect([read.isCutOff, read.isWaitingCutOff, read.isHandled]).toEqual([false, false, true]);
  expect(read.targets.get(1)).toBe(120_000);
  expect(read.asOf, 'what comes meanwhile is told after the first answer').toBe('place-1');
  expect(asked.map(({ sort, shelved, cursor }) => [sort ?? shelved, cursor]))
    .toEqual([[undefined, undefined], [undefined, '500'], ['queue', undefined], ['queue', '500'], ['queue', '1000'], ['queue', '1500'], [true, undefined]]);
  expect(asked[0]?.start).toBe('2026-11-27T02:00:00.000Z');
});

test('what is left out is said', async () => {
  const read = await readAlerts(service(MOST + 1, MOST_WAITING + 1).ask, NOW);
  expect(read.alerts).toHaveLength(MOST + MOST_WAITING);
  expect([read.isCutOff, read.isWaitingCutOff]).toEqual([true, true]);
});

test('where nobody’s doings are kept, nothing waits', async () => {
  const { ask, asked } = service(3, 9, 4, false);
  expect(await readAlerts(ask, NOW)).toMatchObject({ isHandled: false, isWaitingCutOff: false });
  expect(asked).toHaveLength(1);
});

test('an alert is late when nobody has answered it within its target', () => {
  const targets = targetsOf({ answer_within: [{ severity: 1, seconds: 120 }] });
  const first = new Date(NOW).toISOString();
  const alert = (handling: object, severity = 1) => ({ severity, first, handling: { state: 'new', shelved: null, escalated: null, escalates_at: null, ...handling } }) as unknown as Alert;
  const late = (handling: object, after: number, severity = 1) => lateOf(alert(handling, severity), targets, NOW + after);
  expect(late({}, 120_000)).toBeUndefined();
  expect(late({}, 300_000)).toEqual({ by: 180_000, target: 120_000 });
  // It has gone higher since, and nobody has answered yet.
  expect(late({ escalated: { to: 'lead' }, escalates_at: new Date(NOW + 600_000).toISOString() }, 300_000)?.by).toBe(180_000);
  // It came back from the shelf a moment ago.
  expect(late({ escalates_at: new Date(NOW + 330_000).toISOString() }, 300_000)).toBeUndefined();
  for (const handling of [{ state: 'acknowledged' }, { state: 'closed' }, { shelved: { until: first } }]) expect(late(handling, 300_000)).toBeUndefined();
  expect(late({}, 300_000, 2)).toBeUndefined();
});

beforeEach(() => void vi.useFakeTimers({ now: NOW }));
afterEach(() => void vi.useRealTimers());

/** Work that is answered by hand, each time it is tried. */
function work() {
  const tries: { isCurrent: IsCurrent; done: () => void; fail: (error: unknown) => void }[] = [];
  return { tries, run: (isCurrent: IsCurrent) => new Promise<void>((done, fail) => void tries.push({ isCurrent, done, fail })) };
}
const later = () => new Beginning(3000, (error) => error === 'later');

test('it is tried again until it is done', async () => {
  const [beginning, { tries, run }] = [later(), work()];
  void beginning.begin(run);
  tries[0]?.fail('later');
  await vi.advanceTimersByTimeAsync(2999);
  expect(tries).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(tries).toHaveLength(2);
  tries[1]?.done();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(tries).toHaveLength(2);
});

test('what cannot come later is thrown, and not tried again', async () => {
  const [beginning, { tries, run }] = [later(), work()];
  const begun = beginning.begin(run);
  tries[0]?.fail('never');
  await expect(begun).rejects.toBe('never');
  await vi.advanceTimersByTimeAsync(60_000);
  expect(tries).toHaveLength(1);
});

test('ended, it is not tried again, and what is asked already is not taken', async () => {
  const [beginning, { tries, run }] = [later(), work()];
  void beginning.begin(run);
  tries[0]?.fail('later');
  await vi.advanceTimersByTimeAsync(1000);
  beginning.end();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(tries).toHaveLength(1);

  void beginning.begin(run);
  beginning.end();
  expect(tries[1]?.isCurrent()).toBe(false);
  tries[1]?.fail('later');
  await vi.advanceTimersByTimeAsync(60_000);
  expect(tries).toHaveLength(2);
});

test('of two that begin the latter alone goes on', async () => {
  const [beginning, { tries, run }] = [later(), work()];
  void beginning.begin(run);
  void beginning.begin(run);
  expect(tries.map(({ isCurrent }) => isCurrent())).toEqual([false, true]);
  tries[0]?.fail('later');
  await vi.advanceTimersByTimeAsync(60_000);
  expect(tries).toHaveLength(2);
});
