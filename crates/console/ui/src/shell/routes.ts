// The pages and their addresses. `crates/console/src/lib.rs` serves the same list; a test holds it.

export const ROUTES = {
  duty: '/truc-ban',
  watch: '/truc-tiep',
  wall: '/tuong',
  cameras: '/may-quay',
  search: '/dieu-tra',
  evidence: '/chung-cu',
  system: '/he-thong',
} as const;

export type Page = keyof typeof ROUTES;

/** A page, what of it is opened (an alert, a camera), and its conditions. */
export interface Place {
  page: Page | undefined;
  item: string | undefined;
  query: URLSearchParams;
  /** The bare address: whoever comes is to be sent to the first page that is theirs. */
  isHome: boolean;
}

/** What a page takes; any one of these is enough. A page that is not here is anybody's who has signed in. */
const NEEDS: Partial<Record<Page, string[]>> = {
  duty: ['follow'],
  watch: ['live'],
  wall: ['live'],
  cameras: ['follow', 'live', 'search', 'play', 'monitor'],
  search: ['search'],
};

/** In which order somebody is sent to a page that is theirs. */
const HOMES: Page[] = ['duty', 'search', 'system'];

/** Whether a page is somebody's; `may` says what they may do. */
export function isOpenTo(page: Page, may: (what: string) => boolean): boolean {
  return NEEDS[page]?.some(may) ?? true;
}

/** Where somebody begins: the first page that is theirs, and what of it. */
export function homeOf(may: (what: string) => boolean): { page: Page; item?: string } {
  const page = HOMES.find((one) => isOpenTo(one, may)) ?? 'system';
  // Who reads the audit trail, and does nothing else, begins with it.
  return page === 'system' && !may('monitor') && may('read_audit') ? { page, item: 'nhat-ky' } : { page };
}

/** Returns which page an address means; `/` is the duty officer's, unless that is not open to who comes. */
export function placeAt(url: URL): Place {
  const [, head = '', item] = url.pathname.split('/');
  const found = (Object.keys(ROUTES) as Page[]).find((page) => ROUTES[page] === `/${head}`);
  return {
    page: url.pathname === '/' ? 'duty' : found,
    item: item ? decodeURIComponent(item) : undefined,
    query: url.searchParams,
    isHome: url.pathname === '/',
  };
}

/** Returns the address of a page. */
export function addressOf(page: Page, item?: string, query: Record<string, string | undefined> = {}): string {
  const path = item ? `${ROUTES[page]}/${encodeURIComponent(item)}` : ROUTES[page];
  const wanted = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '');
  const text = new URLSearchParams(wanted).toString();
  return text ? `${path}?${text}` : path;
}
