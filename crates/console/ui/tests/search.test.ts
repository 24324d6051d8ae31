// A search is the same in the form, in the address and in the question to the service.
import { expect, test } from 'vitest';
import type { Camera } from '../src/api/types';
import { anything, camerasAsked, fromAddress, isInside, toAddress, toApi, type Conditions } from '../src/search/conditions';

const NOW = Date.parse('2026-11-27T14:00:00Z');

const narrow: Conditions = {
  ...anything(NOW), cameras: ['yard', 'gate'], kind: ['intrusion'], class: ['person', 'car'], colour: ['white'], size: ['medium'], heading: ['ne'],
  severity: 2, daily: '07:00-09:00', order: 'oldest', confidence: 0.7, dwell: 30,
};
const gated: Conditions = { ...anything(NOW), cameras: ['yard'], gate: { line: [[0.5, 1], [0.25, 0.125]], sense: 'right_to_left' } };
const around: Conditions = { ...anything(0), start: anything(0).start, around: '0190b6d0-0000-7000-8000-000000000000', margin: 25 };
const polygon = { ...anything(NOW), area: { kind: 'polygon' as const, corners: [[105.8, 21], [105.9, 21], [105.85, 21.1]] as [number, number][] } };
const box = { ...anything(NOW), area: { kind: 'box' as const, corners: [[105.8, 21], [105.9, 21], [105.9, 21.1], [105.8, 21.1]] as [number, number][] } };

test.each([['lists', narrow], ['a gate', gated], ['around an event', around], ['a polygon', polygon], ['a box', box], ['a place', { ...anything(NOW), place: 'Hoàn Kiếm' }]])('an address keeps %s', (_, conditions) => {
  const query = new URLSearchParams(Object.entries(toAddress(conditions)).filter((entry): entry is [string, string] => entry[1] !== undefined));
  expect(fromAddress(query, 0)).toEqual(conditions);
});

test('the service is asked for one place only, latitude first', () => {
  expect(toApi({ ...box, place: 'Hoàn Kiếm' })).toMatchObject({ bbox: '21,105.8,21.1,105.9', place: undefined });
  expect(toApi(polygon)).toMatchObject({ polygon: '21,105.8;21,105.9;21.1,105.85', bbox: undefined });
});

test('what an address says wrongly is as if it had not said it', () => {
  const query = new URLSearchParams('start=yesterday&gate=0,0;2,2&cameras=&dwell=-3&margin=0&bbox=1,2,x,4&polygon=1,2;3,4&severity=9&confidence=2&order=up');
  expect(fromAddress(query, NOW)).toEqual(anything(NOW));
});

const camera = (id: string, lon: number | undefined, name: string): Camera => ({
  type: 'Feature', id, geometry: lon === undefined ? null : { type: 'Point', coordinates: [lon, 21.05] },
  properties: { name, place: ['Phường Hoàn Kiếm'], state: 'up', troubles: [], streams: [], heading: null },
}) as Camera;
const all = [camera('yard', 105.85, 'Cầu Chương Dương'), camera('gate', 107, 'Cổng'), camera('loose', undefined, 'Xe tuần tra')];

test('coverage is asked of the cameras that the conditions mean', () => {
  const asked = (conditions: Partial<Conditions>) => camerasAsked({ ...anything(NOW), ...conditions }, all).map((one) => one.id);
  expect(asked({})).toEqual(['yard', 'gate', 'loose']);
  expect(asked({ area: box.area })).toEqual(['yard']);
  expect(asked({ place: 'cau chuong duong' })).toEqual(['yard']);
  expect(asked({ place: 'hoan kiem', cameras: ['gate'] })).toEqual(['gate']);
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
