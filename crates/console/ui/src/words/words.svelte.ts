// The language spoken now. Components read `say.…`; a change is drawn at once.
import { vi, type Words } from './vi';

export type Language = 'vi' | 'en';

const STORED = 'watchpost.language';

class Speech {
  language = $state<Language>('vi');
  words = $state.raw<Words>(vi);

  /** Speaks `language` from now on; English is fetched when first asked for. */
  async speak(language: Language) {
    this.words = language === 'vi' ? vi : (await import('./en')).en;
    this.language = language;
    document.documentElement.lang = language;
    localStorage.setItem(STORED, language);
  }

  /** Goes on in the language of last time. */
  async begin() {
    if (localStorage.getItem(STORED) === 'en') await this.speak('en');
  }
}

export const speech = new Speech();

/** Returns the words of the language spoken now. */
export const say = (): Words => speech.words;

/** Returns what a kind of event is called; the end of trouble is named after the trouble. */
export function kindWord(kind: string): string {
  const { kind: words, over } = speech.words;
  const trouble = kind.endsWith('_over') ? kind.slice(0, -'_over'.length) : undefined;
  return trouble ? over(words[trouble] ?? trouble) : (words[kind] ?? kind);
}

/** Returns the headline of an event or alert: its kind, and what kind of object. */
export function headline(found: { kind: string; class?: string | null }): string {
  const object = found.class ? (speech.words.class[found.class] ?? found.class) : undefined;
  return object ? `${kindWord(found.kind)} · ${object}` : kindWord(found.kind);
}

/** Whether the kind is about the camera itself, so that there is no object to look at. */
export const isTrouble = (kind: string) => TROUBLES.has(kind.replace(/_over$/, ''));

/** The number that was called, where the alert is of a call. */
export const serviceOf = (kind: string) => (kind.startsWith('call_') ? kind.slice('call_'.length) : undefined);

const TROUBLES = new Set([
  'signal_lost', 'no_picture', 'frozen', 'too_dark', 'too_bright', 'blurred', 'moved', 'clock_skew',
  'recording_gap', 'analysis_starved',
]);
