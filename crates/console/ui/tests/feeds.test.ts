// One stream for all that is followed: who joins it later is told what came since they had read what there is, and
// what it told is not asked for again.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Backlog } from '../src/live/backlog';
import { Hub, type Heard } from '../src/live/hub';
import type { Told, Topic } from '../src/live/shared';

const entry = (at: number, topic: Topic = 'alerts') => ({ topic, name: 'alert', data: String(at), at });
const told = (entries: { data: string }[] | undefined) => entries?.map(({ data }) => Number(data));

test('what came since a moment is told, of one topic alone', () => {
  const backlog = new Backlog();
  backlog.begin('alerts', 7);
  backlog.begin('events', 7);
  for (const at of [9, 12, 13]) backlog.take(entry(at));
  backlog.take(entry(12, 'events'));
  expect(told(backlog.since('alerts', 7))).toEqual([9, 12, 13]);
  expect(told(backlog.since('alerts', 13))).toEqual([13]);
  expect(told(backlog.since('events', 7))).toEqual([12]);
  expect(backlog.since('alerts', 6), 'before it began').toBeUndefined();
  expect(backlog.since('desk', 100), 'what was never begun').toBeUndefined();
});

test('who read what there is a moment after the first is not sent back to read it again', () => {
  const hub = new Hub(new Lines().connect);
  following(hub, 'alerts', 10_000, 'place');
  expect(following(hub, 'alerts', 10_060).says()).not.toContain('reset');
  expect(following(hub, 'alerts', 9_990).says(), 'what the first had read may be new').toContain('reset');
});

test('what is not kept any more is not told as if it were all', () => {
  const backlog = new Backlog();
  backlog.begin('alerts', 0);
  for (let at = 1; at <= 1500; at += 1) backlog.take(entry(at));
  expect(backlog.since('alerts', 100)).toBeUndefined();
  expect(told(backlog.since('alerts', 1499))).toEqual([1499, 1500]);
});

/** Connections as they were asked for; each told by hand what it hears. */
class Lines {
  asked: { query: URLSearchParams; heard: Heard; isOpen: boolean }[] = [];

  connect = (address: string, heard: Heard) => {
    const line = { query: new URL(address, 'http://here').searchParams, heard, isOpen: true };
    this.asked.push(line);
    return { close: () => (line.isOpen = false) };
  };

  get open() {
    return this.asked.filter(({ isOpen }) => isOpen);
  }

  get last() {
    const last = this.asked.at(-1);
    if (!last) throw new Error('nothing was asked for');
    return last;
  }
}

const following = (hub: Hub, topic: Topic, readAt: number, after?: string) => {
  const heard: Told[] = [];
  const follower = { topic, say: (one: Told) => void heard.push(one) };
  hub.join(follower, { after, readAt });
  return { heard, bodies: () => heard.flatMap((one) => (one.say === 'entry' ? [one.data] : [])), says: () => heard.map(({ say }) => say), leave: () => hub.leave(follower) };
};

beforeEach(() => void vi.useFakeTimers({ now: 10_000 }));
afterEach(() => void vi.useRealTimers());

test('whatever is followed, there is one connection; each topic begins where it is known', () => {
  const lines = new Lines();
  const hub = new Hub(lines.connect);
  const alerts = following(hub, 'alerts', 9000, 'a7');
  expect(lines.last.query.get('alerts_after')).toBe('a7');
  lines.last.heard.open();
  lines.last.heard.message('alert', '1', 'joint-1');
  const events = following(hub, 'events', 9500, 'e3');
  expect(lines.open).toHaveLength(1);
  const { query } = lines.last;
  expect([query.get('topics'), query.get('after'), query.get('alerts_after'), query.get('events_after')]).toEqual(['alerts,events', 'joint-1', null, 'e3']);
  lines.asked[0]?.heard.message('alert', 'of a line that was closed', 'x');
  lines.last.heard.message('alert', '2', 'joint-2');
  lines.last.heard.message('event', '3', 'joint-3');
  expect([alerts.bodies(), events.bodies()]).toEqual([['1', '2'], ['3']]);
  alerts.leave();
  events.leave();
  expect(lines.open).toHaveLength(0);
});

test('a second tab is told what came since it read, whatever places look like, and reads anew only where that is not known', () => {
  const lines = new Lines();
  const hub = new Hub(lines.connect);
  following(hub, 'alerts', 9000, 'sealed-and-says-nothing');
  lines.last.heard.message('alert', 'long ago', 'p');
  vi.setSystemTime(20_000);
  lines.last.heard.message('alert', 'lately', 'p');
  const second = following(hub, 'alerts', 19_500, 'another-seal');
  expect(second.bodies()).toEqual(['lately']);
  expect(second.says()).toContain('alive');
  const old = following(hub, 'alerts', 5000, 'older');
  expect(old.says()[0]).toBe('reset');
  // It has read anew: this time it is known what it missed.
  old.leave();
  expect(following(hub, 'alerts', 20_000, 'newer').says()).not.toContain('reset');
  expect(lines.asked).toHaveLength(1);
});

test('who is at the desk is told to who joins later, and not any more when nobody looks', () => {
  const lines = new Lines();
  const hub = new Hub(lines.connect);
  following(hub, 'alerts', 9000);
  const desk = following(hub, 'desk', 9000);
  lines.last.heard.message('presence', 'two', '');
  vi.setSystemTime(900_000);
  const late = following(hub, 'desk', 0);
  expect([late.bodies(), late.says().includes('reset')]).toEqual([['two'], false]);
  desk.leave();
  late.leave();
  expect(lines.last.query.get('topics')).toBe('alerts,desk');
  vi.runAllTimers();
  expect(lines.last.query.get('topics')).toBe('alerts');
  expect(lines.open).toHaveLength(1);
});

test('a connection that was refused is opened again; another log is told to all', () => {
  const lines = new Lines();
  const hub = new Hub(lines.connect);
  const alerts = following(hub, 'alerts', 9000, '5');
  lines.last.heard.message('alert', '1', 'joint-1');
  lines.last.heard.broken(false);
  expect(lines.asked, 'it comes back by itself').toHaveLength(1);
  lines.last.heard.broken(true);
  vi.runAllTimers();
  expect(lines.asked).toHaveLength(2);
  expect(lines.last.query.get('after')).toBe('joint-1');
  lines.last.heard.message('reset', '{}', 'joint-0');
  expect(alerts.says().filter((say) => say !== 'alive')).toEqual(['entry', 'broken', 'broken', 'reset']);
});
