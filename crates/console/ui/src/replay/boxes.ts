// The few boxes of an MP4 file that replay reads itself (ISO/IEC 14496-12): where a fragment lies in
// time, when each of its pictures begins, what they are coded in. What comes is hostile until read:
// a length that does not fit ends the reading, and nothing is read beyond its box.

export interface Box {
  /** Four letters. */
  type: string;
  /** All of it, its head included. */
  bytes: Uint8Array<ArrayBuffer>;
}

/** No box of a recording is larger, in bytes: a GOP of the heaviest camera is a tenth of it. */
const LARGEST = 256 << 20;
const HEAD = 8;

/** Puts together the boxes of a file's top level while it comes in pieces. */
export class BoxSplitter {
  #chunks: Uint8Array[] = [];
  #held = 0;

  /** Takes the next bytes; returns the boxes that are whole now. Throws on what is no MP4. */
  push(bytes: Uint8Array): Box[] {
    this.#chunks.push(bytes);
    this.#held += bytes.length;
    const boxes: Box[] = [];
    while (this.#held >= HEAD) {
      const head = this.#peek();
      const size = head.getUint32(0);
      if (size < HEAD || size > LARGEST) throw new RangeError(`a box of ${size} bytes`);
      if (this.#held < size) break;
      const whole = this.#take(size);
      boxes.push({ type: name(whole, 4), bytes: whole });
    }
    return boxes;
  }

  #peek(): DataView {
    const head = new Uint8Array(HEAD);
    let filled = 0;
    for (const chunk of this.#chunks) {
      const part = chunk.subarray(0, HEAD - filled);
      head.set(part, filled);
      filled += part.length;
      if (filled === HEAD) break;
    }
    return new DataView(head.buffer);
  }

  #take(size: number): Uint8Array<ArrayBuffer> {
    const whole = new Uint8Array(size);
    let filled = 0;
    while (filled < size) {
      const [chunk] = this.#chunks;
      if (!chunk) break;
      const part = chunk.subarray(0, size - filled);
      whole.set(part, filled);
      filled += part.length;
      if (part.length === chunk.length) this.#chunks.shift();
      else this.#chunks[0] = chunk.subarray(part.length);
    }
    this.#held -= size;
    return whole;
  }
}

/** What a file says of its one track. */
export interface Track {
  /** Ticks a second. */
  timescale: number;
  /** As media types name it (RFC 6381): `avc1.4d401f`. */
  codec: string;
}

/** Reads `moov`; undefined where it has no track of a kind that is known. */
export function trackOf(moov: Uint8Array): Track | undefined {
  const media = find(moov, ['trak', 'mdia']);
  const header = media && find(media, ['mdhd']);
  const entries = media && find(media, ['minf', 'stbl', 'stsd']);
  if (!header || !entries) return undefined;
  const view = viewOf(header);
  const at = HEAD + 4 + (view.getUint8(HEAD) === 1 ? 16 : 8);
  if (header.length < at + 4) return undefined;
  const codec = codecOf(entries.subarray(HEAD + 8));
  const timescale = view.getUint32(at);
  return codec && timescale > 0 ? { timescale, codec } : undefined;
}

/** Where a fragment lies, in ticks of its track. */
export interface Timing {
  decodeTime: number;
  /** How long each picture lasts; empty where the fragment does not say. */
  durations: number[];
}

/** Reads `moof`; undefined where it does not say when it is. */
export function timingOf(moof: Uint8Array): Timing | undefined {
  const traf = find(moof, ['traf']);
  const time = traf && find(traf, ['tfdt']);
  if (!traf || !time || time.length < HEAD + 8) return undefined;
  const view = viewOf(time);
  const isLong = view.getUint8(HEAD) === 1;
  if (isLong && time.length < HEAD + 12) return undefined;
  const decodeTime = isLong ? Number(view.getBigUint64(HEAD + 4)) : view.getUint32(HEAD + 4);
  const run = find(traf, ['trun']);
  return { decodeTime, durations: run ? durations(run, usual(traf)) : [] };
}

/** How long a picture lasts where its row does not say: of `tfhd`, ISO/IEC 14496-12 §8.8.7. */
function usual(traf: Uint8Array): number | undefined {
  const header = find(traf, ['tfhd']);
  if (!header || header.length < HEAD + 8) return undefined;
  const view = viewOf(header);
  const flags = view.getUint32(HEAD) & 0xff_ffff;
  if ((flags & 0x8) === 0) return undefined;
  const at = HEAD + 8 + ((flags & 0x1) !== 0 ? 8 : 0) + ((flags & 0x2) !== 0 ? 4 : 0);
  return header.length >= at + 4 ? view.getUint32(at) : undefined;
}

/** Of `trun`, §8.8.8. */
function durations(run: Uint8Array, otherwise: number | undefined): number[] {
  if (run.length < HEAD + 8) return [];
  const view = viewOf(run);
  const flags = view.getUint32(HEAD) & 0xff_ffff;
  const count = view.getUint32(HEAD + 4);
  let at = HEAD + 8 + ((flags & 0x1) !== 0 ? 4 : 0) + ((flags & 0x4) !== 0 ? 4 : 0);
  const row = [0x100, 0x200, 0x400, 0x800].filter((flag) => (flags & flag) !== 0).length * 4;
  const isTold = (flags & 0x100) !== 0;
  if (!isTold && otherwise === undefined) return [];
  if (at + row * count > run.length || count > 100_000) return [];
  const found: number[] = [];
  for (let index = 0; index < count; index += 1, at += row) found.push(isTold ? view.getUint32(at) : (otherwise ?? 0));
  return found;
}

/** Names what the first sample entry holds (ISO/IEC 14496-15 Annex E). */
function codecOf(entry: Uint8Array): string | undefined {
  if (entry.length < 86 + HEAD) return undefined;
  const type = name(entry, 4);
  // A visual sample entry: 8 bytes of head, 78 of its own, then boxes.
  const inside = entry.subarray(86);
  if (type === 'avc1' || type === 'avc3') {
    const config = children(inside, 'avcC');
    return config && config.length >= HEAD + 4 ? `${type}.${hex(config[HEAD + 1])}${hex(config[HEAD + 2])}${hex(config[HEAD + 3])}` : undefined;
  }
  if (type === 'hvc1' || type === 'hev1') {
    const config = children(inside, 'hvcC');
    return config && config.length >= HEAD + 13 ? `${type}.${hevc(viewOf(config))}` : undefined;
  }
  return undefined;
}

function hevc(config: DataView): string {
  const first = config.getUint8(HEAD + 1);
  const space = ['', 'A', 'B', 'C'][first >> 6] ?? '';
  const compatible = config.getUint32(HEAD + 2);
  let reversed = 0;
  for (let bit = 0; bit < 32; bit += 1) if ((compatible & (1 << bit)) !== 0) reversed |= 1 << (31 - bit);
  const constraints: string[] = [];
  for (let index = 0; index < 6; index += 1) constraints.push(config.getUint8(HEAD + 6 + index).toString(16).toUpperCase());
  while (constraints.at(-1) === '0') constraints.pop();
  const tier = (first & 0x20) !== 0 ? 'H' : 'L';
  return [`${space}${first & 0x1f}`, (reversed >>> 0).toString(16).toUpperCase(), `${tier}${config.getUint8(HEAD + 12)}`, ...constraints].join('.');
}

/** Returns the box that lies in `box` along these names. */
function find(box: Uint8Array, names: string[]): Uint8Array | undefined {
  let found: Uint8Array | undefined = box;
  for (const type of names) {
    if (!found) return undefined;
    found = children(found.subarray(HEAD), type);
  }
  return found;
}

/** Returns the first of the boxes in `bytes` that is called so. */
function children(bytes: Uint8Array, type: string): Uint8Array | undefined {
  for (let at = 0; at + HEAD <= bytes.length;) {
    const size = viewOf(bytes).getUint32(at);
    if (size < HEAD || at + size > bytes.length) return undefined;
    if (name(bytes, at + 4) === type) return bytes.subarray(at, at + size);
    at += size;
  }
  return undefined;
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const name = (bytes: Uint8Array, at: number) => String.fromCharCode(...bytes.subarray(at, at + 4));
const hex = (byte: number | undefined) => (byte ?? 0).toString(16).padStart(2, '0');
