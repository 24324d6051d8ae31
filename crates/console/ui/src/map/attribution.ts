// Whose a base map is, as its file says it. Files of tiles write that as HTML; what is shown of it is its words.

/** More is no name of a maker. */
const LONGEST = 200;
const NAMED: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ', copy: '©' };

/** Returns what is written, without its markup; empty where it is no text. */
export function attributionOf(written: unknown): string {
  if (typeof written !== 'string') return '';
  const words = written.slice(0, 10 * LONGEST).replaceAll(/<[^>]*>/g, ' ').replaceAll(/&(?:#(\d{1,6})|(\w{2,6}));/g, (whole, code?: string, name?: string) =>
    (code ? String.fromCodePoint(Number(code)) : (NAMED[name ?? ''] ?? whole)));
  return words.replaceAll(/\s+/g, ' ').trim().slice(0, LONGEST);
}
