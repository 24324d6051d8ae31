// The check of packages: hashes as others make them, and what bends is found.
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { micros, toHex, utf8 } from '../src/evidence/check/bytes';
import { Sha256, crc32, hash } from '../src/evidence/check/hash';
import { check } from '../src/evidence/check/package';
import { readStamp } from '../src/evidence/check/stamp';
import { Broken, directory, localHeader, readZip, type Entry } from '../src/evidence/check/zip';
import type { Hold, HoldRequest, Unmasking } from '../src/api/types';
import { isSame, spansHeld } from '../src/evidence/holds';
import { lookOf } from '../src/evidence/looks';

test('a hash made by hand is the one that others make, of any length and in any pieces', async () => {
  for (const length of [0, 1, 55, 56, 63, 64, 65, 119, 120, 1000, 100_000]) {
    const bytes = Uint8Array.from({ length }, (_, at) => (at * 7 + length) & 0xff);
    const due = createHash('sha256').update(bytes).digest('hex');
    const digest = new Sha256();
    for (let at = 0; at < length; at += 37) digest.update(bytes.subarray(at, at + 37));
    expect(toHex(digest.finish()), `${length}`).toBe(due);
    const file = new Blob([bytes]);
    expect((await hash(file, () => {})).sha256).toBe(due);
    expect((await hash(file, () => {}, 10)).sha256).toBe(due);
  }
  expect(crc32(utf8('123456789'), 0)).toBe(0xcbf43926);
});

test('a moment keeps its microseconds', () => {
  expect(micros('2026-03-01T00:30:00.123456Z')).toBe(1_772_325_000_123_456n);
  expect(micros('2026-03-01T00:30:00.5Z')).toBe(1_772_325_000_500_000n);
  for (const wrong of ['2026-03-01T00:30:00+07:00', '', 7, null, '2026-13-01T00:00:00Z']) expect(micros(wrong)).toBeUndefined();
});

function zip(files: Record<string, string>): Blob {
  const entries = Object.entries(files).map(([name, text]): Entry => ({ name, bytes: utf8(text).length, crc: crc32(utf8(text), 0), blob: new Blob([text]) }));
  return new Blob([...entries.flatMap((entry) => [localHeader(entry) as Uint8Array<ArrayBuffer>, entry.blob]), directory(entries) as Uint8Array<ArrayBuffer>]);
}

test('a container is read in its one form, and every bent byte of its own is found', async () => {
  const whole = zip({ 'a.txt': 'first', 'clips/b.mp4': 'second' });
  const entries = await readZip(whole);
  expect(entries.map(({ name }) => name)).toEqual(['a.txt', 'clips/b.mp4']);
  expect(await entries[1]?.blob.text()).toBe('second');
  const bytes = new Uint8Array(await whole.arrayBuffer());
  const content = new Set([...Array(5).keys()].map((at) => 35 + at).concat([...Array(6).keys()].map((at) => 40 + 41 + at)));
  for (let at = 0; at < bytes.length; at++) {
    if (content.has(at)) continue;
    const bent = bytes.slice();
    bent[at] = (bent[at] as number) ^ 1;
    await expect(readZip(new Blob([bent])), `byte ${at}`).rejects.toThrow(Broken);
  }
  await expect(readZip(new Blob([bytes.slice(0, -1)]))).rejects.toThrow(Broken);
  await expect(readZip(zip({ '../a': 'out' }))).rejects.toThrow(Broken);
});

test('what is no time stamp is none, and breaks nothing', () => {
  for (const bytes of [new Uint8Array(0), utf8('no stamp at all'), Uint8Array.of(0x30, 0x84, 0xff, 0xff, 0xff, 0xff)]) expect(readStamp(bytes)).toBeUndefined();
});

test('a recorded file that had changed by the time of the export is named, whatever is signed', async () => {
  const card = (path: string, sha256: string | null, rehashed: boolean) => ({ path, sha256, rehashed, chain: null });
  const segments = [card('same.mp4', 'aa', true), card('other.mp4', 'bb', false), card('being-written.mp4', null, false)];
  const manifest = {
    format: 'watchpost-evidence-1', site: { id: 'hoan-kiem', name: 'x' }, key: '', purpose: { case: '1' }, range: { start: '2026-03-01T00:00:00Z' },
    cameras: [], gaps: [], files: [], clips: [{ file: 'clips/1.mp4', camera: 'gate', stream: 'main', segments }],
  };
  const { faults, verdict } = await check([new File([zip({ 'manifest.json': JSON.stringify(manifest) })], 'case.zip')], undefined, () => {});
  expect(faults.filter(({ what }) => what === 'altered')).toEqual([{ part: 'footage', what: 'altered', file: 'other.mp4' }]);
  expect(verdict).toBe('changed');
});

test('on a lane stands what of it is held', () => {
  const at = (minute: number) => Date.parse('2026-03-01T00:00:00Z') + minute * 60_000;
  const hold = (id: number, cameras: string[], start: number, end?: number) => ({ id, cameras, start: new Date(at(start)).toISOString(), end: end === undefined ? null : new Date(at(end)).toISOString() }) as Hold;
  const holds = [hold(1, ['yard'], 0, 10), hold(2, ['gate'], 0, 10), hold(3, [], 20), hold(4, ['yard'], 90, 99)];
  const told = (camera: string) => spansHeld(holds, camera, at(5), at(30)).map((span) => [span.hold.id, span.start, span.end]);
  expect(told('yard')).toEqual([[1, at(5), at(10)], [3, at(20), at(30)]]);
  expect(told('street'), 'one that names no camera holds all').toEqual([[3, at(20), at(30)]]);
});

test('a hold that was placed is known again by what it holds', () => {
  const request: HoldRequest = { case: 'VV-1', reason: 'Tai nạn', cameras: ['yard', 'gate'], start: '2026-03-01T00:00:00.000Z', end: '2026-03-01T01:00:00.000Z', until: undefined };
  // As the service writes it: moments shorter, cameras in its own order, null for what was left out.
  const held = { ...request, id: 7, cameras: ['gate', 'yard'], start: '2026-03-01T00:00:00Z', end: '2026-03-01T01:00:00Z', until: null, placed: { by: 'lan', at: '2026-03-01T02:00:00Z' } } as Hold;
  expect(isSame(held, request)).toBe(true);
  for (const other of [{ case: 'VV-2' }, { reason: 'x' }, { cameras: ['yard'] }, { cameras: ['yard', 'street'] }, { start: '2026-03-01T00:00:01Z' }, { end: undefined }, { until: '2027-01-01T00:00:00Z' }]) {
    expect(isSame(held, { ...request, ...other }), JSON.stringify(other)).toBe(false);
  }
});

const asked: Unmasking = {
  id: 1, by: 'lan', asked: '2026-03-01T07:00:00Z', case: '01/2026', reason: 'x', legal_basis: null,
  cameras: ['yard'], minutes: 30, state: 'asked', second: null, ends: null, refused: null,
};
const second = { by: 'minh', at: '2026-03-01T07:30:00Z' };
const agreed: Unmasking = { ...asked, state: 'agreed', second, ends: '2026-03-01T08:10:00Z' };
const refused: Unmasking = { ...asked, state: 'refused', second, refused: 'Không có căn cứ' };

test('a look under masks is of one account, of the cameras that were named, until its end', () => {
  const look = (all: Unmasking[], account: string, camera: string, at = '2026-03-01T08:00:00Z') => lookOf(all, account, camera, Date.parse(at));
  expect(look([asked], 'lan', 'yard')).toEqual({ kind: 'asked' });
  expect(look([agreed], 'lan', 'yard')).toEqual({ kind: 'agreed', until: Date.parse('2026-03-01T08:10:00Z') });
  expect(look([agreed], 'minh', 'yard')).toEqual({ kind: 'none' });
  expect(look([agreed], 'lan', 'street')).toEqual({ kind: 'none' });
  expect(look([agreed], 'lan', 'yard', '2026-03-01T08:10:00Z')).toEqual({ kind: 'none' });
});

test('of looks under masks what is good goes before what is asked anew, and that before what was refused', () => {
  const look = (...all: Unmasking[]) => lookOf(all, 'lan', 'yard', Date.parse('2026-03-01T08:00:00Z'));
  expect(look(asked, agreed).kind).toBe('agreed');
  expect(look(refused, asked).kind).toBe('asked');
  expect(look(refused)).toEqual({ kind: 'refused', why: 'Không có căn cứ', by: 'minh' });
  expect(look({ ...agreed, state: 'over' }, refused), 'what came after it is what counts').toEqual({ kind: 'none' });
});
