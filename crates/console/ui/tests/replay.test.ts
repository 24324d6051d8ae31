// What replays of several cameras reckon with: the clock, spans, playlists, the boxes of a file.
import { expect, test } from 'vitest';
import { BoxSplitter, timingOf, trackOf } from '../src/replay/boxes';
import { busySpans, bytesOf, leap, passedOver, played } from '../src/replay/busy';
import { WallClock, isPlayed, nextRate } from '../src/replay/clock';
import { bearingOf, passingOf } from '../src/replay/passing';
import { readPlaylist, rowFrom } from '../src/replay/playlist';
import { firstMissing, lastMissing, lengthOf, outside, shared, united, zoomed } from '../src/replay/spans';

test('the clock runs at its rate, stands, and keeps its place when it turns', () => {
  const clock = new WallClock(1000);
  expect(clock.at(50)).toBe(1000);
  clock.run(100);
  clock.run(150);
  expect(clock.at(200)).toBe(1100);
  clock.turn(200, -2);
  expect(clock.at(250)).toBe(1000);
  clock.hold(250);
  expect(clock.at(900)).toBe(1000);
  clock.seek(900, 5000);
  clock.run(1000);
  expect(clock.at(1010)).toBe(4980);
});

test('J and L are faster when pressed again, and begin anew the other way', () => {
  expect(nextRate(1, false, 1)).toBe(1);
  expect(nextRate(1, true, 1)).toBe(2);
  expect(nextRate(16, true, 1)).toBe(16);
  expect(nextRate(8, true, -1)).toBe(-1);
  expect(nextRate(-1, true, -1)).toBe(-2);
  expect(nextRate(0.25, true, 1)).toBe(1);
  expect([0.25, 4, 8, -1].map(isPlayed)).toEqual([true, true, false, false]);
});

test('what is missing is found on and back, over gaps and what is held', () => {
  const recorded = [{ start: 0, end: 10_000 }, { start: 20_000, end: 30_000 }];
  expect(firstMissing(recorded, [], 2000, 9000)).toBe(2000);
  expect(firstMissing(recorded, [{ start: 0, end: 5000 }, { start: 5100, end: 8000 }], 2000, 9000)).toBe(8000);
  expect(firstMissing(recorded, [{ start: 0, end: 10_000 }], 2000, 40_000)).toBe(20_000);
  expect(firstMissing(recorded, [{ start: 0, end: 10_000 }], 2000, 15_000)).toBeUndefined();
  expect(lastMissing(recorded, [], 25_000, 0)).toBe(25_000);
  expect(lastMissing(recorded, [{ start: 19_990, end: 26_000 }], 25_000, 0)).toBe(10_000);
  expect(lastMissing(recorded, [{ start: 19_990, end: 26_000 }], 25_000, 12_000)).toBeUndefined();
});

test('a moment keeps its place when more or less of time is shown', () => {
  expect(zoomed({ start: 0, end: 100 }, 25, 1000)).toEqual({ start: -225, end: 775 });
});

const LIST = `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-MAP:URI="/api/v1/segments/7.mp4",BYTERANGE="700@0"
#EXT-X-PROGRAM-DATE-TIME:2026-11-21T14:18:42.120Z
#EXTINF:2.000500,
#EXT-X-BYTERANGE:1000@700
/api/v1/segments/7.mp4
#EXTINF:1.500000,
#EXT-X-BYTERANGE:900@1700
/api/v1/segments/7.mp4
#EXT-X-DISCONTINUITY
#EXT-X-PROGRAM-DATE-TIME:2026-11-21T14:19:00.000Z
#EXTINF:2.000000,
#EXT-X-BYTERANGE:800@2600
/api/v1/segments/7.mp4
#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI="/api/v1/segments/8.mp4",BYTERANGE="710@0"
#EXT-X-PROGRAM-DATE-TIME:2026-11-21T14:19:02.000Z
#EXTINF:2.000000,
#EXT-X-BYTERANGE:600@710
/api/v1/segments/8.mp4
#EXT-X-ENDLIST
`;

test('a playlist says which bytes hold which moments', () => {
  const parts = readPlaylist(LIST);
  const start = Date.parse('2026-11-21T14:18:42.120Z');
  expect(parts.map((part) => part.start)).toEqual([start, start + 2000.5, Date.parse('2026-11-21T14:19:00Z'), Date.parse('2026-11-21T14:19:02Z')]);
  expect(parts[0]).toEqual({ uri: '/api/v1/segments/7.mp4', offset: 700, length: 1000, start, end: start + 2000.5, head: { uri: '/api/v1/segments/7.mp4', offset: 0, length: 700 } });
  expect(rowFrom(parts, 0, 60_000)).toHaveLength(3);
  expect(rowFrom(parts, 0, 3000)).toHaveLength(1);
  expect(rowFrom(parts, 3, 60_000)).toHaveLength(1);
  expect(readPlaylist('<html>no playlist</html>\n#EXTINF:x,\n#EXT-X-BYTERANGE:-1@0\n/a.mp4\n')).toEqual([]);
});

/** A box of a file: its name and what is in it. */
function box(type: string, ...inside: (number[] | Uint8Array)[]): Uint8Array<ArrayBuffer> {
  const body = inside.flatMap((part) => [...part]);
  const size = body.length + 8;
  return new Uint8Array([...long(size), ...[...type].map((letter) => letter.charCodeAt(0)), ...body]);
}
const long = (value: number) => [value >>> 24, (value >> 16) & 255, (value >> 8) & 255, value & 255];
const zeros = (count: number) => new Array<number>(count).fill(0);

const MOOV = box('moov', box('trak', box('mdia',
  box('mdhd', [1, 0, 0, 0], zeros(16), long(90_000), zeros(12)),
  box('minf', box('stbl', box('stsd', zeros(4), long(1), box('avc1', zeros(78), box('avcC', [1, 0x4d, 0x40, 0x1f, 0xff]))))))));
const MOOF = box('moof', box('mfhd', zeros(8)), box('traf',
  box('tfhd', [0, 2, 0, 0x20], long(1), long(0)),
  box('tfdt', [1, 0, 0, 0], long(1), long(2)),
  box('trun', [0, 0, 3, 5], long(2), long(120), long(0), long(3600), long(900), long(3601), long(800))));

test('boxes are whole wherever they were cut', () => {
  const file = [...box('ftyp', zeros(8)), ...MOOV, ...MOOF, ...box('mdat', zeros(5000))];
  for (const cut of [1, 7, 8, 9, 333, 10_000]) {
    const splitter = new BoxSplitter();
    const found: string[] = [];
    for (let at = 0; at < file.length; at += cut) found.push(...splitter.push(new Uint8Array(file.slice(at, at + cut))).map(({ type, bytes }) => `${type} ${bytes.length}`));
    expect(found).toEqual(['ftyp 16', `moov ${MOOV.length}`, `moof ${MOOF.length}`, 'mdat 5008']);
  }
  expect(() => new BoxSplitter().push(new Uint8Array([0, 0, 0, 3, 1, 2, 3, 4]))).toThrow(RangeError);
});

test('a track says what it is coded in, a fragment when its pictures begin', () => {
  expect(trackOf(MOOV)).toEqual({ timescale: 90_000, codec: 'avc1.4d401f' });
  expect(timingOf(MOOF)).toEqual({ decodeTime: 2 ** 32 + 2, durations: [3600, 3601] });
});

test('what is cut off or bent is not read', () => {
  for (let length = 0; length < MOOF.length; length += 1) timingOf(MOOF.subarray(0, length));
  for (let length = 0; length < MOOV.length; length += 1) expect(trackOf(MOOV.subarray(0, length))).toBeUndefined();
  for (let at = 0; at < MOOF.length; at += 1) {
    const bent = MOOF.slice();
    bent[at] = 0xff;
    timingOf(bent);
  }
});

test('spans are joined, left out and laid over each other', () => {
  expect(united([{ start: 5, end: 9 }, { start: 0, end: 2 }, { start: 2, end: 4 }])).toEqual([{ start: 0, end: 4 }, { start: 5, end: 9 }]);
  expect(united([{ start: 0, end: 2 }, { start: 4, end: 5 }], 2)).toEqual([{ start: 0, end: 5 }]);
  expect(outside({ start: 0, end: 10 }, [{ start: 2, end: 3 }, { start: 8, end: 20 }])).toEqual([{ start: 0, end: 2 }, { start: 3, end: 8 }]);
  expect(outside({ start: 0, end: 10 }, [])).toEqual([{ start: 0, end: 10 }]);
  expect(shared([{ start: 0, end: 5 }, { start: 6, end: 9 }], [{ start: 4, end: 7 }])).toEqual([{ start: 4, end: 5 }, { start: 6, end: 7 }]);
  expect(lengthOf([{ start: -5, end: 2 }, { start: 8, end: 30 }], { start: 0, end: 10 })).toBe(4);
});

const lane = (camera: string, busy: [number, number][], unseen: [number, number][] = []) => {
  const spans = (all: [number, number][]) => all.map(([start, end]) => ({ start, end }));
  return { camera, busy: spans(busy), unseen: spans(unseen) };
};

test('what the service counted is when something was there', () => {
  expect(busySpans(bytesOf('AAEC/wAAAQ=='), { start: 0, end: 70 })).toEqual([{ start: 10, end: 40 }, { start: 60, end: 70 }]);
  expect(busySpans([0, 0], { start: 0, end: 2 })).toEqual([]);
});

test('only what holds something is played, with a little before and after', () => {
  const known = { start: 0, end: 100_000 };
  const recorded = [{ start: 0, end: 100_000 }];
  const lanes = [lane('a', [[10_000, 12_000]]), lane('b', [[15_000, 16_000], [60_000, 61_000]])];
  const kept = played(lanes, recorded, known);
  expect(kept).toEqual([{ start: 8000, end: 18_000 }, { start: 58_000, end: 63_000 }]);
  expect(passedOver(kept, known)).toEqual([{ start: 0, end: 8000 }, { start: 18_000, end: 58_000 }, { start: 63_000, end: 100_000 }]);
  expect(leap(kept, known, 9000, 1)).toBeUndefined();
  expect(leap(kept, known, 18_000, 1)).toEqual({ to: 58_000, isEdge: false });
  expect(leap(kept, known, 40_000, -1)).toEqual({ to: 18_000, isEdge: false });
  expect(leap(kept, known, 18_000, -1), 'at the end that it came back to').toBeUndefined();
  expect(leap(kept, known, 70_000, 1)).toEqual({ to: 100_000, isEdge: true });
  expect(leap(kept, known, 3000, -1)?.isEdge).toBe(true);
  expect(leap(kept, known, 200_000, 1), 'what is not known is not passed over').toBeUndefined();
});

test('time in which nobody looked is played, unless another camera was looked at, or there is no picture', () => {
  const known = { start: 0, end: 100_000 };
  const blind = lane('a', [], [[20_000, 50_000]]);
  expect(played([blind], [{ start: 0, end: 40_000 }], known)).toEqual([{ start: 20_000, end: 40_000 }]);
  expect(played([blind, lane('b', [])], [{ start: 0, end: 100_000 }], known)).toEqual([]);
  expect(played([blind, lane('b', [], [[30_000, 90_000]])], [{ start: 0, end: 100_000 }], known)).toEqual([{ start: 30_000, end: 50_000 }]);
});

test('what passes another camera is a candidate by its class, its colour and how long the way takes', () => {
  const seen = { camera: 'a', start: 0, end: 4000, class: 'truck', colour: 'white', heading: 60 };
  const way = { metres: 500, bearing: 60 };
  const followed = (track: string, start: number, more: object = {}) => ({ track, camera: 'b', start, end: start + 3000, class: 'truck', colour: 'white' as string | undefined, heading: undefined, ...more });
  const found = (others: ReturnType<typeof followed>[]) => passingOf(seen, way, others);
  expect(found([followed('1', 54_000)])).toMatchObject({ followed: { track: '1' }, count: 1 });
  expect(found([followed('1', 5000)]), 'nobody drives 500 m in a second').toBeUndefined();
  expect(found([followed('1', 80_000, { colour: 'red' })]), 'a red one is none').toBeUndefined();
  expect(found([followed('1', 80_000, { class: 'person' })])).toBeUndefined();
  expect(found([followed('1', -90_000)]), 'it goes there, and does not come from there').toBeUndefined();
  expect(passingOf({ ...seen, heading: 240 }, way, [followed('1', -90_000)])?.followed.track).toBe('1');
  expect(passingOf({ ...seen, heading: undefined }, way, [followed('1', -90_000)])?.followed.track).toBe('1');
  const several = found([followed('grey', 80_000, { colour: 'grey' }), followed('car', 82_000, { class: 'car' }), followed('it', 84_000), followed('late', 300_000)]);
  expect(several).toMatchObject({ followed: { track: 'it' }, count: 4 });
  expect(found([followed('never', 3_000_000)])).toBeUndefined();
  expect(Math.round(bearingOf([105, 21], [105, 22]))).toBe(0);
  expect(Math.round(bearingOf([105, 21], [106, 21]))).toBe(90);
});
