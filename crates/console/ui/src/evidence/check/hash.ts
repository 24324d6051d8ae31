// SHA-256 (FIPS 180-4) and CRC-32 of what may be larger than memory: by WebCrypto where it is small
// enough to be handed over whole, piece by piece by our own hand where it is not.
import { toHex } from './bytes';

/** Larger files are read in pieces: WebCrypto takes whole buffers alone. */
const WHOLE = 64 << 20;
const PIECE = 4 << 20;

export interface Hashed {
  sha256: string;
  crc: number;
}

export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
}

/** Hashes a file; `progress` is told the bytes read of it. */
export async function hash(file: Blob, progress: (read: number) => void, whole = WHOLE): Promise<Hashed> {
  if (file.size <= whole) {
    const bytes = new Uint8Array(await file.arrayBuffer());
    const digest = toHex(await sha256(bytes));
    progress(bytes.length);
    return { sha256: digest, crc: crc32(bytes, 0) };
  }
  const digest = new Sha256();
  let crc = 0;
  for (let at = 0; at < file.size; at += PIECE) {
    const bytes = new Uint8Array(await file.slice(at, at + PIECE).arrayBuffer());
    digest.update(bytes);
    crc = crc32(bytes, crc);
    progress(Math.min(at + PIECE, file.size));
  }
  return { sha256: toHex(digest.finish()), crc };
}

const CRC = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

export function crc32(bytes: Uint8Array, before: number): number {
  let crc = ~before;
  for (let at = 0; at < bytes.length; at++) crc = (CRC[(crc ^ (bytes[at] as number)) & 0xff] as number) ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** The first 32 bits of the fractional parts of cube roots (`power` 3) and square roots (2) of primes. */
function roots(count: number, power: number): Uint32Array {
  const found = [];
  for (let candidate = 2; found.length < count; candidate++) {
    if (!Array.from({ length: candidate - 2 }, (_, at) => at + 2).every((divisor) => candidate % divisor)) continue;
    const root = candidate ** (1 / power);
    found.push(((root - Math.floor(root)) * 2 ** 32) >>> 0);
  }
  return Uint32Array.from(found);
}
const K = roots(64, 3);
const START = roots(8, 2);

export class Sha256 {
  #state = START.slice();
  #words = new Uint32Array(64);
  #block = new Uint8Array(64);
  #filled = 0;
  #length = 0;

  update(bytes: Uint8Array) {
    this.#length += bytes.length;
    let at = 0;
    while (at < bytes.length) {
      const taken = Math.min(64 - this.#filled, bytes.length - at);
      this.#block.set(bytes.subarray(at, at + taken), this.#filled);
      this.#filled += taken;
      at += taken;
      if (this.#filled === 64) this.#mix();
    }
  }

  finish(): Uint8Array {
    const bits = BigInt(this.#length) * 8n;
    const end = new Uint8Array((this.#filled < 56 ? 64 : 128) - this.#filled);
    end[0] = 0x80;
    new DataView(end.buffer).setBigUint64(end.length - 8, bits);
    this.update(end);
    const out = new Uint8Array(32);
    const view = new DataView(out.buffer);
    this.#state.forEach((word, at) => view.setUint32(4 * at, word));
    return out;
  }

  #mix() {
    const [w, state] = [this.#words, this.#state];
    const view = new DataView(this.#block.buffer);
    const turn = (word: number, by: number) => (word >>> by) | (word << (32 - by));
    for (let at = 0; at < 16; at++) w[at] = view.getUint32(4 * at);
    for (let at = 16; at < 64; at++) {
      const [far, near] = [w[at - 15] as number, w[at - 2] as number];
      const one = turn(far, 7) ^ turn(far, 18) ^ (far >>> 3);
      const two = turn(near, 17) ^ turn(near, 19) ^ (near >>> 10);
      w[at] = (w[at - 16] as number) + one + (w[at - 7] as number) + two;
    }
    let [a, b, c, d, e, f, g, h] = state as unknown as [number, number, number, number, number, number, number, number];
    for (let at = 0; at < 64; at++) {
      const one = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + (K[at] as number) + (w[at] as number)) | 0;
      const two = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0];
    }
    [a, b, c, d, e, f, g, h].forEach((word, at) => (state[at] = (state[at] as number) + word));
    this.#filled = 0;
  }
}
