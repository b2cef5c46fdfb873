/** Where the program starts in the browser. */

import { createApp } from 'vue';
import { i18n, speak } from '../i18n';
import { applyPreferences, preferences } from '../ui/preferences';
import { useSession } from '../workspace/session';
import App from './App.vue';
import { router } from './router';
import './styles/themes.css';
import './styles/base.css';

applyPreferences();
// English is not in the first load: the page waits for its words, so that nothing flickers.
if (preferences.locale !== 'zh') await speak(preferences.locale);
await useSession()
  .resume()
  // The login goes the same way, and says what is wrong.
  .catch((error: unknown) => console.warn('nobody goes on after the reload', error));
createApp(App).use(i18n).use(router).mount('#app');
