// Bytes as hexadecimal digits, as numbers, in one piece. Pure.

export const toHex = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

/** Returns the bytes of 2 × `length` small hexadecimal digits; undefined for anything else. */
export function fromHex(text: unknown, length: number): Uint8Array<ArrayBuffer> | undefined {
  if (typeof text !== 'string' || text.length !== 2 * length || !/^[0-9a-f]*$/.test(text)) return undefined;
  return Uint8Array.from({ length }, (_, at) => Number.parseInt(text.slice(2 * at, 2 * at + 2), 16));
}

export const utf8 = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

export function joined(parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

export function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

/** 64 bits, big-endian, two's complement. */
export function i64(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigInt64(0, value);
  return bytes;
}

/** A text behind its length in bytes. */
export function text(words: string): Uint8Array {
  const bytes = utf8(words);
  return joined([u32(bytes.length), bytes]);
}

export const isSame = (a: Uint8Array, b: Uint8Array) => a.length === b.length && a.every((byte, at) => byte === b[at]);

/** Returns an RFC 3339 moment in UTC as microseconds since 1970; undefined for anything else. */
export function micros(time: unknown): bigint | undefined {
  const found = typeof time === 'string' ? /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?Z$/.exec(time) : null;
  const whole = found ? Date.parse(`${found[1]}Z`) : Number.NaN;
  if (!found || Number.isNaN(whole)) return undefined;
  return BigInt(whole) * 1000n + BigInt((found[2] ?? '').padEnd(6, '0'));
}
