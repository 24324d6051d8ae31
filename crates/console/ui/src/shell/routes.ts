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
}

/** Returns which page an address means; `/` is the duty officer's. */
export function placeAt(url: URL): Place {
  const [, head = '', item] = url.pathname.split('/');
  const found = (Object.keys(ROUTES) as Page[]).find((page) => ROUTES[page] === `/${head}`);
  return {
    page: url.pathname === '/' ? 'duty' : found,
    item: item ? decodeURIComponent(item) : undefined,
    query: url.searchParams,
  };
}

/** Returns the address of a page. */
export function addressOf(page: Page, item?: string, query: Record<string, string | undefined> = {}): string {
  const path = item ? `${ROUTES[page]}/${encodeURIComponent(item)}` : ROUTES[page];
  const wanted = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '');
  const text = new URLSearchParams(wanted).toString();
  return text ? `${path}?${text}` : path;
}
