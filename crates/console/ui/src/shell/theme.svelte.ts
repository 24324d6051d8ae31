// Night or day: night unless somebody chose otherwise on this machine.
const STORED = 'watchpost.theme';

export type Theme = 'night' | 'day';

class Look {
  theme = $state<Theme>('night');

  begin() {
    if (localStorage.getItem(STORED) === 'day') this.set('day');
  }

  set(theme: Theme) {
    this.theme = theme;
    document.documentElement.dataset['theme'] = theme;
    localStorage.setItem(STORED, theme);
  }

  toggle() {
    this.set(this.theme === 'night' ? 'day' : 'night');
  }
}

export const look = new Look();
