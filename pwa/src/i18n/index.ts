/**
 * The program's words: Chinese is in the first load, English is fetched when it is chosen. They stand
 * with the features (`words.ts`); reasons of the schedule engine in `reasons.*.json`.
 */

import { createI18n } from 'vue-i18n';
import type { Locale } from './locale.ts';
import zhReasons from './reasons.zh.json';
import zh from './zh.ts';

export const i18n = createI18n({
  legacy: false,
  locale: 'zh',
  fallbackLocale: 'zh',
  messages: { zh: { ...zh, reasons: zhReasons } },
});

/** The translator outside of components. */
export const t = i18n.global.t;

/** Has the whole program speak a language; resolves when its words are there. */
export async function speak(locale: Locale): Promise<void> {
  if (locale === 'en' && !i18n.global.availableLocales.includes('en' as never)) {
    const [en, reasons] = await Promise.all([import('./en.ts'), import('./reasons.en.json')]);
    i18n.global.setLocaleMessage(
      'en' as 'zh',
      { ...en.default, reasons: reasons.default } as never,
    );
  }
  i18n.global.locale.value = locale as 'zh';
}
