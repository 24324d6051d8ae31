// Which bytes of which file hold which moments: read from the playlist of a span (HLS, RFC 8216, as
// the service writes it). Pure.

/** Bytes of a file. */
export interface Bytes {
  uri: string;
  offset: number;
  length: number;
}

/** One GOP. */
export interface Part extends Bytes {
  /** Wall-clock moments, in ms, by the clock of the recording. */
  start: number;
  end: number;
  /** What goes before it: the file's own head. */
  head: Bytes;
}

/** Reads the parts that are listed, in order; what cannot be read is left out. */
export function readPlaylist(text: string): Part[] {
  const parts: Part[] = [];
  let head: Bytes | undefined;
  let start: number | undefined;
  let lasts: number | undefined;
  let range: [number, number] | undefined;
  for (const line of text.split('\n').map((one) => one.trim())) {
    if (line.startsWith('#EXT-X-MAP:')) {
      const [, uri, length, offset] = /URI="([^"]+)",BYTERANGE="(\d+)@(\d+)"/.exec(line) ?? [];
      head = uri === undefined ? undefined : { uri, length: Number(length), offset: Number(offset) };
    } else if (line.startsWith('#EXT-X-PROGRAM-DATE-TIME:')) {
      const time = Date.parse(line.slice('#EXT-X-PROGRAM-DATE-TIME:'.length));
      start = Number.isNaN(time) ? undefined : time;
    } else if (line.startsWith('#EXTINF:')) {
      lasts = Number.parseFloat(line.slice('#EXTINF:'.length)) * 1000;
    } else if (line.startsWith('#EXT-X-BYTERANGE:')) {
      const [, length, offset] = /^#EXT-X-BYTERANGE:(\d+)@(\d+)$/.exec(line) ?? [];
      range = length === undefined ? undefined : [Number(length), Number(offset)];
    } else if (line !== '' && !line.startsWith('#')) {
      if (head && start !== undefined && lasts !== undefined && lasts > 0 && range) {
        parts.push({ uri: line, length: range[0], offset: range[1], start, end: start + lasts, head });
      }
      start = start !== undefined && lasts !== undefined ? start + lasts : undefined;
      [lasts, range] = [undefined, undefined];
    }
  }
  return parts;
}

/** Returns those of `parts` from `index` on that lie behind each other in one file, `longest` ms at most. */
export function rowFrom(parts: Part[], index: number, longest: number): Part[] {
  const first = parts[index];
  if (!first) return [];
  const row = [first];
  for (const part of parts.slice(index + 1)) {
    const last = row.at(-1) ?? first;
    const isNext = part.uri === last.uri && part.offset === last.offset + last.length;
    if (!isNext || part.end - first.start > longest) break;
    row.push(part);
  }
  return row;
}
