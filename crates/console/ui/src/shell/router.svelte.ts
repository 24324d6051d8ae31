// Where the officer is: the browser's address, read and set.
import { addressOf, placeAt, type Page } from './routes';

class Router {
  place = $state.raw(placeAt(new URL(location.href)));

  /** Follows the browser's own buttons, and links within the console. */
  begin() {
    addEventListener('popstate', () => this.#read());
    document.addEventListener('click', (event) => {
      const link = (event.target as Element | null)?.closest?.('a');
      if (!link || event.defaultPrevented || event.button !== 0) return;
      if (event.metaKey || event.ctrlKey || event.shiftKey || link.target || link.hasAttribute('download')) return;
      const url = new URL(link.href, location.href);
      if (url.origin !== location.origin || placeAt(url).page === undefined) return;
      event.preventDefault();
      this.#goTo(url.pathname + url.search, false);
    });
  }

  /** Opens a page; `replace` leaves no step to go back to. */
  go(page: Page, item?: string, query?: Record<string, string | undefined>, { replace = false } = {}) {
    this.#goTo(addressOf(page, item, query), replace);
  }

  #goTo(address: string, replace: boolean) {
    if (address === location.pathname + location.search) return;
    if (replace) history.replaceState(null, '', address);
    else history.pushState(null, '', address);
    this.#read();
  }

  #read() {
    this.place = placeAt(new URL(location.href));
  }
}

export const router = new Router();
