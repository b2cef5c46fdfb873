/**
 * What one person likes on one device: theme (换肤), size of type, language. Kept in localStorage;
 * losing it loses nothing, so storage that cannot be used is passed over.
 */

import { reactive, watch } from 'vue';
import { speak } from '../i18n/index.ts';
import { LOCALES, type Locale } from '../i18n/locale.ts';

export const THEMES = [
  { id: 'green', dark: false, swatch: ['#14694a', '#f3f7f4', '#e2f3e9'] },
  { id: 'blue', dark: false, swatch: ['#154a86', '#f2f5f9', '#e5effb'] },
  { id: 'dark', dark: true, swatch: ['#14392c', '#18211d', '#4fc78f'] },
  { id: 'plum', dark: false, swatch: ['#6b2f5c', '#f8f4f7', '#f4e6f0'] },
  { id: 'sand', dark: false, swatch: ['#6b4a1f', '#f7f2e8', '#f3e7cf'] },
  { id: 'contrast', dark: false, swatch: ['#000000', '#ffffff', '#005a38'] },
  { id: 'night', dark: true, swatch: ['#000000', '#1a1a1a', '#ffd84d'] },
] as const;

export type ThemeId = (typeof THEMES)[number]['id'];

/** Steps of type size, as factors of the normal size. */
export const SCALES = [0.9, 1, 1.15, 1.3] as const;

export interface Preferences {
  theme: ThemeId;
  scale: number;
  locale: Locale;
  lastUser: string;
}

const KEY = 'miaopu.preferences';
const DEFAULTS: Preferences = { theme: 'green', scale: 1, locale: 'zh', lastUser: '' };

/** What was stored, with anything unknown or damaged replaced by the default. */
export function readPreferences(text: string | null): Preferences {
  let stored: Partial<Record<keyof Preferences, unknown>> = {};
  try {
    const parsed: unknown = JSON.parse(text ?? '{}');
    if (parsed && typeof parsed === 'object') stored = parsed;
  } catch {
    stored = {};
  }
  return {
    theme: THEMES.find((theme) => theme.id === stored.theme)?.id ?? DEFAULTS.theme,
    scale: SCALES.find((scale) => scale === stored.scale) ?? DEFAULTS.scale,
    locale: LOCALES.find((locale) => locale === stored.locale) ?? DEFAULTS.locale,
    lastUser: typeof stored.lastUser === 'string' ? stored.lastUser : DEFAULTS.lastUser,
  };
}

function stored(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

export const preferences = reactive<Preferences>(readPreferences(stored()));

/** Puts theme and type size on the page, now and whenever they change. */
export function applyPreferences(): void {
  watch(
    preferences,
    (now) => {
      const root = document.documentElement;
      const theme = THEMES.find((one) => one.id === now.theme) ?? THEMES[0];
      root.dataset.theme = theme.id;
      root.classList.toggle('dark', theme.dark);
      root.style.setProperty('--scale', String(now.scale));
      root.lang = now.locale === 'zh' ? 'zh-CN' : 'en';
      try {
        localStorage.setItem(KEY, JSON.stringify(now));
      } catch {
        // A browser that keeps nothing still works; it only forgets the theme.
      }
    },
    { immediate: true },
  );
}

/** Changes the language, here and for the next start; resolves when its words are there. */
export async function setLocale(locale: Locale): Promise<void> {
  await speak(locale);
  preferences.locale = locale;
}
