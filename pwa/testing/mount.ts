/**
 * Mounts a component in a test as the application does: with its words, and a router that knows every
 * route by name and shows none. The test's file begins with `// @vitest-environment happy-dom`.
 */
import { onTestFinished } from 'vitest';
import { type Component, createApp, h, nextTick, reactive } from 'vue';
import { createMemoryHistory, createRouter, type Router } from 'vue-router';
import { i18n, speak } from '../src/i18n/index.ts';
import type { Locale } from '../src/i18n/locale.ts';

export interface Mounted<P> {
  /** What stands on the page with this `data-testid`, also in a dialog; throws when it is not there. */
  get<E extends HTMLElement = HTMLElement>(testId: string): E;
  find<E extends HTMLElement = HTMLElement>(testId: string): E | null;
  /** All words on the page, runs of white space as one space. */
  text(): string;
  click(testId: string): Promise<void>;
  /** Types into a field. */
  fill(testId: string, value: string): Promise<void>;
  /** Changes properties as a parent would. */
  set(props: Partial<P>): Promise<void>;
  router: Router;
}

export interface MountOptions {
  locale?: Locale;
  /** Names of the routes that may be gone to; what a link or a push names must be here. */
  routes?: readonly string[];
}

/** Resolves when what was awaited and what was changed shows. */
export async function settled(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve));
  await nextTick();
}

/** Handlers of events are properties too: `onClose`, `'onUpdate:modelValue'`. Unmounted with the test. */
export async function mount<P extends object>(
  component: Component<P>,
  props: P,
  { locale = 'zh', routes = [] }: MountOptions = {},
): Promise<Mounted<P>> {
  await speak(locale);
  const router = createRouter({
    history: createMemoryHistory(),
    routes: [
      { path: '/', component: {} },
      ...routes.map((name) => ({ path: `/${name}/:id?`, name, component: {} })),
    ],
  });
  const given = reactive({ ...props }) as P;
  const app = createApp({ render: () => h(component as Component, { ...given }) });
  app.config.errorHandler = (error) => {
    throw error;
  };
  const host = document.body.appendChild(document.createElement('div'));
  app.use(i18n).use(router).mount(host);
  onTestFinished(() => {
    app.unmount();
    document.body.replaceChildren();
  });
  await settled();

  const find = <E extends HTMLElement>(testId: string) =>
    document.querySelector<E>(`[data-testid="${testId}"]`);
  const get = <E extends HTMLElement>(testId: string): E => {
    const found = find<E>(testId);
    if (!found) throw new Error(`Nothing on the page is called ${testId}.`);
    return found;
  };
  return {
    get,
    find,
    text: () => (document.body.textContent ?? '').replace(/\s+/g, ' ').trim(),
    async click(testId) {
      get(testId).click();
      await settled();
    },
    async fill(testId, value) {
      const field = get<HTMLInputElement>(testId);
      field.value = value;
      field.dispatchEvent(new Event('input', { bubbles: true }));
      field.dispatchEvent(new Event('change', { bubbles: true }));
      await settled();
    },
    async set(changed) {
      Object.assign(given, changed);
      await settled();
    },
    router,
  };
}
