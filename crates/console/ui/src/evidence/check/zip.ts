// The container of a package in the one form that it has (`crates/evidence/src/zip.rs`): read from its
// directory, then built anew and compared, so that no byte is left that a change could hide in.
import { isSame, joined, utf8 } from './bytes';

export interface Entry {
  name: string;
  bytes: number;
  crc: number;
  blob: Blob;
}

/** What is wrong with a container, and with which file. */
export class Broken extends Error {
  constructor(readonly what: 'cut' | 'directory' | 'header' | 'protected' | 'foreign', readonly file = '') {
    super(what);
  }
}

const FULL = 0xffffffff;
const LARGEST_DIRECTORY = 64 << 20;

/** Writes numbers as ZIP does: small end first. */
class Out {
  #parts: Uint8Array[] = [];

  number(bytes: number, value: number): this {
    const part = new Uint8Array(bytes);
    for (let at = 0, rest = value; at < bytes; at++, rest = Math.floor(rest / 256)) part[at] = rest % 256;
    this.#parts.push(part);
    return this;
  }

  raw(part: Uint8Array): this {
    this.#parts.push(part);
    return this;
  }

  finish() {
    return joined(this.#parts);
  }
}

const common = (out: Out, entry: Entry, isLarge: boolean) => out.number(2, 0x0800).number(2, 0).number(2, 0).number(2, 0x0021)
  .number(4, entry.crc).number(4, isLarge ? FULL : entry.bytes).number(4, isLarge ? FULL : entry.bytes).number(2, utf8(entry.name).length);

/** Returns what stands before a file. */
export function localHeader(entry: Entry): Uint8Array {
  const isLarge = entry.bytes >= FULL;
  const out = common(new Out().number(4, 0x04034b50).number(2, isLarge ? 45 : 20), entry, isLarge);
  out.number(2, isLarge ? 20 : 0).raw(utf8(entry.name));
  if (isLarge) out.number(2, 1).number(2, 16).number(8, entry.bytes).number(8, entry.bytes);
  return out.finish();
}

/** Returns what stands behind all files. */
export function directory(entries: Entry[]): Uint8Array {
  const out = new Out();
  let offset = 0;
  for (const entry of entries) {
    const [isLarge, isFar] = [entry.bytes >= FULL, offset >= FULL];
    const version = isLarge || isFar ? 45 : 20;
    const extra = (isLarge ? 16 : 0) + (isFar ? 8 : 0);
    common(out.number(4, 0x02014b50).number(2, 0x0300 | version).number(2, version), entry, isLarge);
    out.number(2, extra > 0 ? extra + 4 : 0).number(2, 0).number(2, 0).number(2, 0).number(4, 0o100644 * 65536)
      .number(4, Math.min(offset, FULL)).raw(utf8(entry.name));
    if (extra > 0) out.number(2, 1).number(2, extra);
    if (isLarge) out.number(8, entry.bytes).number(8, entry.bytes);
    if (isFar) out.number(8, offset);
    offset += localHeader(entry).length + entry.bytes;
  }
  const bytes = out.finish().length;
  if (entries.length >= 0xffff || bytes >= FULL || offset >= FULL) {
    out.number(4, 0x06064b50).number(8, 44).number(2, 0x0300 | 45).number(2, 45).number(8, 0)
      .number(8, entries.length).number(8, entries.length).number(8, bytes).number(8, offset);
    out.number(4, 0x07064b50).number(4, 0).number(8, offset + bytes).number(4, 1);
  }
  const count = Math.min(entries.length, 0xffff);
  out.number(4, 0x06054b50).number(4, 0).number(2, count).number(2, count).number(4, Math.min(bytes, FULL)).number(4, Math.min(offset, FULL)).number(2, 0);
  return out.finish();
}

/** Reads the files of a package. Throws `Broken`. */
export async function readZip(file: Blob): Promise<Entry[]> {
  const read = async (from: number, to: number) => new DataView(await file.slice(from, to).arrayBuffer());
  if (file.size < 22) throw new Broken('foreign');
  const start = await read(0, 10);
  if (start.byteLength < 10 || start.getUint32(0, true) !== 0x04034b50) throw new Broken('foreign');
  // Bit 0 of the flags: encrypted.
  if (start.getUint16(6, true) & 1) throw new Broken('protected');
  const end = await read(file.size - 22, file.size);
  if (end.getUint32(0, true) !== 0x06054b50) throw new Broken('cut');
  let [count, at] = [end.getUint16(10, true), end.getUint32(16, true)];
  if (count === 0xffff || at === FULL || end.getUint32(12, true) === FULL) {
    if (file.size < 98) throw new Broken('cut');
    const end64 = await read(file.size - 98, file.size - 42);
    [count, at] = [Number(end64.getBigUint64(32, true)), Number(end64.getBigUint64(48, true))];
  }
  if (at >= file.size || file.size - at > LARGEST_DIRECTORY) throw new Broken('directory');
  const view = await read(at, file.size);
  const entries: Entry[] = [];
  const names = new Set<string>();
  let place = 0;
  let offset = 0;
  for (let number = 0; number < count; number++) {
    if (place + 46 > view.byteLength) throw new Broken('directory');
    const [nameBytes, extraBytes] = [view.getUint16(place + 28, true), view.getUint16(place + 30, true)];
    if (place + 46 + nameBytes + extraBytes > view.byteLength) throw new Broken('directory');
    const name = new TextDecoder().decode(new Uint8Array(view.buffer, place + 46, nameBytes));
    const bytes = view.getUint32(place + 24, true);
    const isLarge = bytes === FULL && extraBytes >= 12;
    const entry = { name, bytes: isLarge ? Number(view.getBigUint64(place + 46 + nameBytes + 4, true)) : bytes, crc: view.getUint32(place + 16, true), blob: file };
    if (names.has(name.toLowerCase()) || !/^[\w.][\w.-]*(\/[\w.][\w.-]*)*$/.test(name) || name.split('/').some((part) => /^\.+$/.test(part))) throw new Broken('directory');
    names.add(name.toLowerCase());
    const header = localHeader(entry);
    entry.blob = file.slice(offset + header.length, offset + header.length + entry.bytes);
    const found = new Uint8Array(await file.slice(offset, offset + header.length).arrayBuffer());
    if (!isSame(found, header)) throw new Broken('header', name);
    offset += header.length + entry.bytes;
    place += 46 + nameBytes + extraBytes;
    entries.push(entry);
  }
  if (offset !== at || !isSame(directory(entries), new Uint8Array(view.buffer))) throw new Broken('directory');
  return entries;
}
