// What a time stamp (RFC 3161) says: of which bytes it is, and of when. Who gave it is checked by
// `openssl ts`, as no browser knows the authority's certificate.
import { toHex } from './bytes';

const SIGNED_DATA = '2a864886f70d010702';
const STAMP_INFO = '2a864886f70d0109100104';
const SHA256 = '0609608648016503040201';

/** Reads elements one after the other (X.690, definite lengths alone). Throws where there is none. */
class Der {
  #at = 0;
  constructor(readonly bytes: Uint8Array) {}

  take(tag: number): Uint8Array {
    const [found, first] = [this.bytes[this.#at], this.bytes[this.#at + 1]];
    let [from, length] = [this.#at + 2, first ?? 0xff];
    if (length >= 0x80) {
      const count = length & 0x7f;
      if (count < 1 || count > 4) throw new RangeError('a length that is none');
      length = this.bytes.subarray(from, from + count).reduce((all, byte) => all * 256 + byte, 0);
      from += count;
    }
    if (found !== tag || from + length > this.bytes.length) throw new RangeError('not what should be there');
    this.#at = from + length;
    return this.bytes.subarray(from, from + length);
  }

  into(tag: number): Der {
    return new Der(this.take(tag));
  }
}

/** Returns imprint and moment of a stamp; undefined if it is none. */
export function readStamp(bytes: Uint8Array): { imprint: string; time: string } | undefined {
  try {
    const response = new Der(bytes).into(0x30);
    const status = response.into(0x30).take(0x02);
    if (status.length !== 1 || (status[0] as number) > 1) return undefined;
    const content = response.into(0x30);
    if (toHex(content.take(0x06)) !== SIGNED_DATA) return undefined;
    const signed = content.into(0xa0).into(0x30);
    signed.take(0x02);
    signed.take(0x31);
    const inside = signed.into(0x30);
    if (toHex(inside.take(0x06)) !== STAMP_INFO) return undefined;
    const info = new Der(inside.into(0xa0).take(0x04)).into(0x30);
    info.take(0x02);
    info.take(0x06);
    const message = info.into(0x30);
    if (!toHex(message.take(0x30)).startsWith(SHA256)) return undefined;
    const imprint = toHex(message.take(0x04));
    info.take(0x02);
    const text = new TextDecoder().decode(info.take(0x18));
    const found = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\.\d+)?Z$/.exec(text);
    if (!found) return undefined;
    const [, year, month, day, hour, minute, second] = found;
    return { imprint, time: `${year}-${month}-${day}T${hour}:${minute}:${second}${found[7] ?? ''}Z` };
  } catch {
    return undefined;
  }
}
