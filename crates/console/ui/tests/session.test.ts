// A session's end is known of before it comes, and is the service's to say.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Ending, TOLD_BEFORE, isSoon } from '../src/session/ending';

const HOUR = 3600_000;
const BEGUN = Date.parse('2026-11-27T23:00:00Z');
const ENDS = BEGUN + 12 * HOUR;

beforeEach(() => void vi.useFakeTimers({ now: BEGUN }));
afterEach(() => void vi.useRealTimers());

test('it is spoken of half an hour before, not sooner', () => {
  expect(isSoon(ENDS, BEGUN)).toBe(false);
  expect(isSoon(ENDS, ENDS - TOLD_BEFORE - 1)).toBe(false);
  expect(isSoon(ENDS, ENDS - TOLD_BEFORE)).toBe(true);
  expect(isSoon(ENDS, ENDS + HOUR)).toBe(true);
});

test('from then on the service is asked every minute, and past the end until it has answered', async () => {
  const asked: number[] = [];
  const ending = new Ending(() => {
    asked.push(Date.now() - ENDS);
    return Promise.resolve(undefined);
  });
  ending.set(ENDS);
  await vi.advanceTimersByTimeAsync(12 * HOUR - TOLD_BEFORE - 1);
  expect(asked).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(asked).toEqual([-TOLD_BEFORE]);
  await vi.advanceTimersByTimeAsync(TOLD_BEFORE);
  expect(asked).toHaveLength(31);
  expect(asked.at(-1), 'at the end itself').toBe(0);
  await vi.advanceTimersByTimeAsync(11_000);
  expect(asked.slice(31)).toEqual([5000, 10_000]);
  ending.clear();
  await vi.advanceTimersByTimeAsync(HOUR);
  expect(asked).toHaveLength(33);
});

test('renewed in another tab, it is left alone until its new end is near', async () => {
  let asked = 0;
  const ending = new Ending(() => {
    asked += 1;
    return Promise.resolve(ENDS + 12 * HOUR);
  });
  ending.set(ENDS);
  await vi.advanceTimersByTimeAsync(12 * HOUR);
  expect(asked).toBe(1);
});

test('who left while the service was asked is not looked after', async () => {
  let answer: (expires: number) => void = () => {};
  let asked = 0;
  const ending = new Ending(() => {
    asked += 1;
    return new Promise((resolve) => (answer = resolve));
  });
  ending.set(BEGUN + 1000);
  await vi.advanceTimersByTimeAsync(1000);
  ending.clear();
  answer(BEGUN + HOUR);
  await vi.advanceTimersByTimeAsync(HOUR);
  expect(asked).toBe(1);
});
