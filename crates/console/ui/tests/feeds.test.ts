// Who joins a shared feed is told what came after what it knows: all of it, and nothing twice.
import { expect, test } from 'vitest';
import { Backlog } from '../src/live/backlog';

const entry = (id: number | undefined) => ({ name: 'alert', data: '{}', id });
const ids = (entries: { id: number | undefined }[] | undefined) => entries?.map(({ id }) => id);

test('who knows what the feed began with is told everything since', () => {
  const backlog = new Backlog(7);
  for (const id of [9, 12, undefined, 13]) backlog.take(entry(id));
  expect(ids(backlog.after(7))).toEqual([9, 12, 13]);
  expect(ids(backlog.after(12))).toEqual([13]);
  expect(ids(backlog.after(20))).toEqual([]);
});

test('who knows less than is kept is told to read anew', () => {
  const backlog = new Backlog(7);
  expect(backlog.after(6)).toBeUndefined();
  for (let id = 8; id <= 1500; id += 1) backlog.take(entry(id));
  expect(backlog.after(100)).toBeUndefined();
  expect(ids(backlog.after(1498))).toEqual([1499, 1500]);
});

test('a feed that began with what comes keeps what came', () => {
  const backlog = new Backlog(undefined);
  expect(ids(backlog.after(3))).toEqual([]);
  backlog.take(entry(5));
  expect(ids(backlog.after(4))).toEqual([5]);
  expect(backlog.after(2)).toBeUndefined();
});
