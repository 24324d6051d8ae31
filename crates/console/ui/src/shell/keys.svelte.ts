// The keyboard: what a key does now is asked of the parts on the screen, the newest first.
// Single letters can be switched off (WCAG 2.1.4); they never act while somebody writes.

const STORED = 'watchpost.letters';

/** Keys by the name that `KeyboardEvent.key` gives them, small letters. */
export type Bindings = Record<string, (event: KeyboardEvent) => void>;

class Keys {
  /** Whether single letters act. */
  letters = $state(localStorage.getItem(STORED) !== 'off');
  #layers: Bindings[] = [];

  begin() {
    addEventListener('keydown', (event) => this.#pressed(event));
  }

  setLetters(are: boolean) {
    this.letters = are;
    localStorage.setItem(STORED, are ? 'on' : 'off');
  }

  /** Binds keys until the returned function is called: `$effect(() => keys.bind({…}))`. */
  bind(bindings: Bindings): () => void {
    this.#layers.push(bindings);
    return () => {
      this.#layers = this.#layers.filter((layer) => layer !== bindings);
    };
  }

  #pressed(event: KeyboardEvent) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.target as HTMLElement;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (key !== 'Escape' && isWritten(target)) return;
    // They press what has the focus.
    if ((key === 'Enter' || key === ' ') && target.closest('button, a[href], summary, input')) return;
    // A dialog has the keyboard to itself, and closes by itself.
    if (document.querySelector('dialog[open]')) return;
    if (key.length === 1 && !this.letters && key !== '?') return;
    for (const layer of this.#layers.toReversed()) {
      const act = layer[key];
      if (act) {
        event.preventDefault();
        act(event);
        return;
      }
    }
  }
}

function isWritten(target: HTMLElement): boolean {
  const words = ['text', 'search', 'datetime-local', 'time', 'number', 'password', 'email', 'url'];
  if (target instanceof HTMLInputElement) return words.includes(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement || target.isContentEditable;
}

export const keys = new Keys();
