// A search is the same in the form, in the address and in the question to the service.
import { expect, test } from 'vitest';
import type { Camera, WatchEvent } from '../src/api/types';
import { areaOf, compass, contains, isInside, metresBetween, outline, type Place } from '../src/map/areas';
import { fromWritten, toWritten } from '../src/words/time.svelte';
import { byCamera, numbered, together } from '../src/search/numbers';
import { anything, camerasAsked, fromAddress, isBadSpeed, toAddress, toApi, type Conditions } from '../src/search/conditions';

const NOW = Date.parse('2026-11-27T14:00:00Z');

const narrow: Conditions = {
  ...anything(NOW), cameras: ['yard', 'gate'], kind: ['intrusion'], class: ['person', 'car'], colour: ['white'], size: ['medium'], heading: ['ne'],
  severity: 2, daily: '07:00-09:00', order: 'oldest', confidence: 0.7, dwell: 30, rule: ['fast', 'gate-in'], speedFrom: 60, speedTo: 90,
};
const gated: Conditions = { ...anything(NOW), cameras: ['yard'], gate: { line: [[0.5, 1], [0.25, 0.125]], sense: 'right_to_left' } };
const around: Conditions = { ...anything(0), start: anything(0).start, around: '0190b6d0-0000-7000-8000-000000000000', margin: 25 };
const polygon = { ...anything(NOW), area: { kind: 'polygon' as const, corners: [[105.8, 21], [105.9, 21], [105.85, 21.1]] as [number, number][] } };
const box = { ...anything(NOW), area: { kind: 'box' as const, corners: [[105.8, 21], [105.9, 21], [105.9, 21.1], [105.8, 21.1]] as [number, number][] } };
const circle = { ...anything(NOW), area: { kind: 'circle' as const, corners: [[105.85, 21.05]] as Place[], metres: 300 } };
const corridor = { ...anything(NOW), area: { kind: 'corridor' as const, corners: [[105.84, 21.05], [105.86, 21.05]] as Place[], metres: 80 } };

test.each([['lists', narrow], ['a gate', gated], ['around an event', around], ['a polygon', polygon], ['a box', box], ['a circle', circle], ['a corridor', corridor], ['a place', { ...anything(NOW), place: 'Hoàn Kiếm' }], ['a named place', { ...anything(NOW), placeId: 'site-cau-chuong-duong' }]])('an address keeps %s', (_, conditions) => {
  const query = new URLSearchParams(Object.entries(toAddress(conditions)).filter((entry): entry is [string, string] => entry[1] !== undefined));
  expect(fromAddress(query, 0)).toEqual(conditions);
});

test('the service is asked for one place only, latitude first', () => {
  expect(toApi({ ...box, place: 'Hoàn Kiếm', placeId: 'ward-1' })).toMatchObject({ bbox: '21,105.8,21.1,105.9', place: undefined, place_id: undefined });
  expect(toApi({ ...anything(NOW), place: 'Hoàn Kiếm', placeId: 'ward-1' })).toMatchObject({ place: undefined, place_id: 'ward-1' });
  expect(toApi(circle)).toMatchObject({ circle: '21.05,105.85,300', corridor: undefined });
  expect(toApi(corridor)).toMatchObject({ corridor: '21.05,105.84;21.05,105.86;80', circle: undefined });
  expect(toApi(polygon)).toMatchObject({ polygon: '21,105.8;21,105.9;21.1,105.85', bbox: undefined });
});

test('a speed has a lower and an upper end, either may be left open', () => {
  expect(toApi(narrow)).toMatchObject({ rule: 'fast,gate-in', speed_from: '60', speed_to: '90' });
  expect(toApi(anything(NOW))).toMatchObject({ rule: undefined, speed_from: undefined, speed_to: undefined });
  const bad = (speedFrom: number, speedTo: number) => isBadSpeed({ ...anything(NOW), speedFrom, speedTo });
  expect([bad(0, 0), bad(60, 0), bad(0, 60), bad(60, 60), bad(61, 60)]).toEqual([false, false, false, false, true]);
});

test('what an address says wrongly is as if it had not said it', () => {
  const query = new URLSearchParams('start=yesterday&gate=0,0;2,2&cameras=&dwell=-3&margin=0&bbox=1,2,x,4&polygon=1,2;3,4&severity=9&circle=1,2,-3&corridor=1,2;5&confidence=2&order=up&speed_from=-3&speed_to=900');
  expect(fromAddress(query, NOW)).toEqual(anything(NOW));
});

const camera = (id: string, lon: number | undefined, name: string): Camera => ({
  type: 'Feature', id, geometry: lon === undefined ? null : { type: 'Point', coordinates: [lon, 21.05] },
  properties: { name, place: ['Phường Hoàn Kiếm'], state: 'up', troubles: [], streams: [], heading: null, persons_softened: false },
}) as Camera;
const all = [camera('yard', 105.85, 'Cầu Chương Dương'), camera('gate', 107, 'Cổng'), camera('loose', undefined, 'Xe tuần tra')];

test('coverage is asked of the cameras that the conditions mean', () => {
  const asked = (conditions: Partial<Conditions>) => camerasAsked({ ...anything(NOW), ...conditions }, all).map((one) => one.id);
  expect(asked({})).toEqual(['yard', 'gate', 'loose']);
  expect(asked({ area: box.area })).toEqual(['yard']);
  expect(asked({ place: 'cau chuong duong' })).toEqual(['yard']);
  expect(asked({ place: 'hoan kiem', cameras: ['gate'] })).toEqual(['gate']);
  const placed = camerasAsked({ ...anything(NOW), placeId: 'site-cau-chuong-duong' }, all, ['yard', 'loose']);
  expect(placed.map(({ id }) => id), 'those that the service says stand there').toEqual(['yard', 'loose']);
});

test('a result has one number on its card, its lane and its place on the map', () => {
  const shown = [['1st', 'yard'], ['2nd', 'gate'], ['3rd', 'yard'], ['4th', 'yard'], ['5th', 'yard'], ['6th', 'yard']].map(([id, camera]) => ({ id, camera })) as WatchEvent[];
  expect(numbered(shown).get('3rd')).toBe(3);
  const found = byCamera(shown);
  expect([...found]).toEqual([['yard', [1, 3, 4, 5, 6]], ['gate', [2]]]);
  expect(together(found.get('yard') ?? [])).toBe('1 · 3 · 4 +2');
  expect(together(found.get('gate') ?? [])).toBe('2');
});

test('a moment is written with its seconds, and read as it was written', () => {
  const marked = Date.parse('2026-11-27T14:17:54.160Z');
  expect(toWritten(marked)).toBe('27/11/2026 21:17:54');
  expect(fromWritten(toWritten(marked))).toBe(Date.parse('2026-11-27T14:17:54Z'));
  expect(fromWritten('27/11/2026 21:17')).toBe(Date.parse('2026-11-27T14:17:00Z'));
  for (const wrong of ['', 'hôm qua', '31/02/2026 10:00', '27/11/2026', '27/11/2026 25:00', '27/11/2026 21:17:61']) expect(fromWritten(wrong), wrong).toBeNaN();
});

test('inside is inside', () => {
  const corners: [number, number][] = [[0, 0], [4, 0], [4, 4], [2, 1], [0, 4]];
  expect(isInside([1, 1], corners)).toBe(true);
  expect(isInside([2, 3], corners)).toBe(false);
  expect(isInside([5, 1], corners)).toBe(false);
});

test('a gate is asked of one camera only, and around an event no other time is said', () => {
  expect(toApi(gated)).toMatchObject({ gate: '0.5,1;0.25,0.125', sense: 'right_to_left', cameras: 'yard' });
  expect(toApi(around)).toMatchObject({ around: around.around, margin: '1500', start: undefined, end: undefined });
  const twoCameras = new URLSearchParams('cameras=yard,gate&gate=0.5,1;0.25,0.125');
  expect(fromAddress(twoCameras, NOW).gate).toBeUndefined();
});

test('points that are set become areas, and what lies in them is inside', () => {
  const [here, there]: Place[] = [[105.85, 21.03], [105.86, 21.03]];
  if (!here || !there) throw new Error('no places');
  expect(areaOf('polygon', [here, there])).toBeUndefined();
  expect(areaOf('box', [here, [105.86, 21.04]])?.corners).toEqual([here, there, [105.86, 21.04], [105.85, 21.04]]);
  const round = areaOf('circle', [here, there]);
  expect(round?.metres).toBeGreaterThan(1030);
  expect(round?.metres).toBeLessThan(1045);
  expect(round && contains(round, [105.855, 21.034])).toBe(true);
  expect(round && contains(round, [105.861, 21.03])).toBe(false);
  const along = areaOf('corridor', [here, there, [105.86, 21.04]], 100);
  expect(along && contains(along, [105.855, 21.0305])).toBe(true);
  expect(along && contains(along, [105.855, 21.0315])).toBe(false);
  expect(along && contains(along, [105.8605, 21.036])).toBe(true);
  // Its edge lies where its inside ends.
  for (const corner of along ? outline(along) : []) expect(along && contains({ ...along, metres: 150 }, corner)).toBe(true);
  expect(round && outline(round).every((corner) => Math.abs(metresBetween(here, corner) - (round.metres ?? 0)) < 2)).toBe(true);
  expect([compass(here, there), compass(there, here), compass(here, [105.85, 21.04])]).toEqual(['e', 'w', 'n']);
});
