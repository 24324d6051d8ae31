// Where cameras stand, what a wall's address says, which alert takes a wall over, and how a picture is kept in its place.
import { expect, test } from 'vitest';
import type { Alert } from '../src/api/types';
import { FOLLOWED_MS, Following } from '../src/watch/following';
import { empty, pagesOf, put, resized, wallAddress, wallOf, type Layout } from '../src/watch/layouts';
import { CommonDelay, LONGEST_WAIT, steer } from '../src/watch/steering';

const four: Layout = { size: 4, cameras: ['a', null, 'b', null] };

test('a camera stands in one tile; two change places', () => {
  expect(put(four, 1, 'c').cameras).toEqual(['a', 'c', 'b', null]);
  expect(put(four, 0, 'b').cameras).toEqual(['b', null, 'a', null]);
  expect(put(four, 3, 'a').cameras).toEqual([null, null, 'b', 'a']);
  expect(put(four, 0, null).cameras).toEqual([null, null, 'b', null]);
});

test('fewer tiles keep the cameras that there are', () => {
  expect(resized(four, 9).cameras.slice(0, 4)).toEqual(four.cameras);
  expect(resized({ size: 9, cameras: [null, null, null, null, 'e', null, null, null, 'i'] }, 4).cameras).toEqual(['e', 'i', null, null]);
  expect(resized(four, 1).cameras).toEqual(['a']);
  expect(pagesOf(['a', 'b', 'c', 'd', 'e'], 4).map(({ cameras }) => cameras)).toEqual([['a', 'b', 'c', 'd'], ['e', null, null, null]]);
});

test('a wall reads its address back, and nothing that is no layout', () => {
  const layouts = [four, put(empty(4), 2, 'c')];
  const url = new URL(wallAddress(layouts, 30), 'http://desk');
  expect(url.pathname).toBe('/tuong/4');
  expect(wallOf('4', url.searchParams)).toEqual({ layouts, dwell: 30 });
  expect(wallOf('5', url.searchParams)).toBeUndefined();
  expect(wallOf('4', new URLSearchParams('cameras=,,,'))).toBeUndefined();
  const twice = wallOf('4', new URLSearchParams('cameras=a,a,b,c,d,e&dwell=1'));
  expect(twice).toEqual({ layouts: [{ size: 4, cameras: ['a', 'b', 'c', 'd'] }], dwell: 5 });
});

const NOW = Date.parse('2026-11-27T14:00:00Z');
const critical = (id: string, { severity = 1, state = 'new', shelved = null as unknown, cameras = ['gate'], ago = 0 } = {}) =>
  ({ id, severity, cameras, first: new Date(NOW - ago).toISOString(), handling: { state, shelved } }) as unknown as Alert;
const isSeen = (camera: string) => camera !== 'elsewhere';

test('a wall follows the newest critical alert until somebody has it, or a minute is over', () => {
  const following = new Following();
  const shown = (alerts: Alert[], after = 0) => following.of(alerts, isSeen, NOW + after)?.alert.id;
  expect(shown([])).toBeUndefined();
  // Its camera's clock is an hour behind: what counts is when the room was told.
  const [a, b] = [critical('a', { ago: 3600_000 }), critical('b')];
  expect(shown([a], 1000)).toBe('a');
  expect(shown([a, b], 30_000)).toBe('b');
  expect(shown([a, critical('b', { state: 'acknowledged' })], 31_000)).toBe('a');
  expect(shown([a, critical('b', { shelved: {} })], 31_000)).toBe('a');
  expect(shown([a], 1000 + FOLLOWED_MS - 1)).toBe('a');
  expect(shown([a], 1000 + FOLLOWED_MS)).toBeUndefined();
  expect(shown([critical('c', { severity: 2 })], 90_000)).toBeUndefined();
  // It has become graver since.
  expect(shown([critical('c')], 91_000)).toBe('c');
});

test('a wall that is turned on does not look back, and shows the camera that it may see', () => {
  const following = new Following();
  expect(following.of([critical('a', { ago: FOLLOWED_MS }), critical('b', { cameras: [], ago: 1000 })], isSeen, NOW)).toBeUndefined();
  const seen = following.of([critical('c', { cameras: ['elsewhere', 'yard'] })], isSeen, NOW + 1000);
  expect(seen?.camera).toBe('yard');
  expect(following.of([critical('d', { cameras: ['elsewhere'] })], isSeen, NOW + 1000)).toBeUndefined();
});

test('a picture out of its place is drawn back by little, or set there when far', () => {
  expect(steer(20)).toEqual({ rate: 1 });
  expect(steer(-20)).toEqual({ rate: 1 });
  expect(steer(2000)).toEqual({ seek: 2000 });
  for (const off of [40, 100, 300, 499]) {
    const [late, early] = [steer(off), steer(-off)];
    expect('rate' in late && late.rate > 1 && late.rate <= 1.06).toBe(true);
    expect('rate' in early && early.rate < 1 && early.rate >= 0.94).toBe(true);
  }
  // From anywhere within a second it comes to its place, and stays.
  let behind = 490;
  for (let look = 0; look < 100; look += 1) {
    const steered = steer(behind);
    if ('rate' in steered) behind -= (steered.rate - 1) * 200;
  }
  expect(Math.abs(behind)).toBeLessThan(40);
});

test('all are shown as late as the slowest needs, within limits, and sooner once it has gone', () => {
  const delay = new CommonDelay();
  const [quick, slow] = [{}, {}];
  delay.note(quick, 150);
  delay.note(slow, 900);
  delay.look();
  expect(delay.now).toBeGreaterThan(900);
  delay.note(slow, 60_000);
  delay.look();
  expect(delay.now).toBeLessThan(150 + LONGEST_WAIT);
  delay.note(slow, 900);
  delay.forget(slow);
  const before = delay.now;
  delay.look();
  expect(delay.now).toBeLessThan(before ?? 0);
  for (let look = 0; look < 1000; look += 1) {
    delay.note(quick, 150);
    delay.look();
  }
  expect(delay.now).toBeLessThan(300);
});

test('a clock of the browser that is wrong changes nothing', () => {
  const [right, wrong] = [new CommonDelay(), new CommonDelay()];
  for (const [delay, off] of [[right, 0], [wrong, -3600_000]] as const) {
    for (let look = 0; look < 50; look += 1) {
      delay.note('quick', off + 100 + (look % 5) * 20);
      delay.note('slow', off + 400 + (look % 5) * 20);
      delay.look();
    }
  }
  expect((right.now ?? 0) - 3600_000).toBe(wrong.now);
});
