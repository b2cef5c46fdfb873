/** The pages and who may see them. An address never holds a child's data, only a random id. */

import { createRouter, createWebHistory } from 'vue-router';
import { hasUnsavedInput, mayDiscard } from '../ui/unsaved';
import { useSession } from '../workspace/session';
import { useChildren } from '../workspace/useChildren';

declare module 'vue-router' {
  interface RouteMeta {
    /** Shown without an account. */
    open?: boolean;
    /** For accounts of a clinic, of a region, or both (absent). */
    for?: 'site' | 'region';
    /** Key of the page's title in the catalogue. */
    title: string;
  }
}

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    {
      path: '/login',
      name: 'login',
      component: () => import('../accounts/LoginPage.vue'),
      meta: { open: true, title: 'login.title' },
    },
    {
      path: '/',
      name: 'home',
      component: () => import('../desk/HomePage.vue'),
      meta: { for: 'site', title: 'nav.home' },
    },
    {
      path: '/children/new',
      name: 'register',
      component: () => import('../children/RegisterPage.vue'),
      meta: { for: 'site', title: 'nav.register' },
    },
    {
      path: '/children/:id',
      name: 'child',
      component: () => import('../desk/ChildPage.vue'),
      props: true,
      meta: { for: 'site', title: 'child.title' },
    },
    {
      path: '/guardian',
      name: 'guardian',
      component: () => import('../guardian/GuardianPage.vue'),
      meta: { open: true, title: 'guardian.title' },
    },
    {
      path: '/recall',
      name: 'recall',
      component: () => import('../recall/RecallPage.vue'),
      meta: { for: 'site', title: 'recall.nav' },
    },
    {
      path: '/appointments',
      name: 'appointments',
      component: () => import('../appointments/BookPage.vue'),
      meta: { for: 'site', title: 'booking.nav' },
    },
    {
      path: '/clinic-days',
      name: 'clinic-days',
      component: () => import('../appointments/ClinicDaysPage.vue'),
      meta: { for: 'site', title: 'clinicDays.nav' },
    },
    {
      path: '/imports',
      name: 'imports',
      component: () => import('../imports/ImportsPage.vue'),
      meta: { for: 'site', title: 'imports.title' },
    },
    {
      path: '/paper-cards',
      name: 'papercards',
      component: () => import('../papercards/PaperCardsPage.vue'),
      meta: { for: 'site', title: 'papercards.title' },
    },
    {
      path: '/stock',
      name: 'stock',
      component: () => import('../stock/StockPage.vue'),
      meta: { for: 'site', title: 'nav.stock' },
    },
    {
      path: '/adults',
      name: 'adults',
      component: () => import('../adults/AdultsPage.vue'),
      meta: { for: 'site', title: 'adults.title' },
    },
    {
      path: '/newborns',
      name: 'newborns',
      component: () => import('../newborns/NewbornsPage.vue'),
      meta: { for: 'site', title: 'newborns.title' },
    },
    {
      path: '/schools',
      name: 'schools',
      component: () => import('../schools/SchoolsPage.vue'),
      meta: { for: 'site', title: 'schools.title' },
    },
    {
      path: '/moves',
      name: 'moves',
      component: () => import('../moves/MovesPage.vue'),
      meta: { for: 'site', title: 'nav.moves' },
    },
    {
      path: '/duplicates',
      name: 'duplicates',
      component: () => import('../duplicates/DuplicatesPage.vue'),
      meta: { title: 'nav.duplicates' },
    },
    {
      path: '/observation',
      name: 'observation',
      component: () => import('../observation/ObservationPage.vue'),
      meta: { for: 'site', title: 'observation.nav' },
    },
    {
      path: '/day',
      name: 'daysheets',
      component: () => import('../daysheets/DaySheetsPage.vue'),
      meta: { for: 'site', title: 'daysheets.nav' },
    },
    {
      path: '/payment',
      name: 'payment',
      component: () => import('../payment/PaymentPage.vue'),
      meta: { for: 'site', title: 'payment.nav' },
    },
    {
      path: '/knowledge',
      name: 'knowledge',
      component: () => import('../knowledge/KnowledgePage.vue'),
      meta: { title: 'knowledge.nav' },
    },
    {
      path: '/reminders',
      name: 'reminders',
      component: () => import('../reminders/RemindersPage.vue'),
      meta: { for: 'site', title: 'reminders.title' },
    },
    {
      path: '/aefi',
      name: 'aefi',
      component: () => import('../aefi/AefiPage.vue'),
      meta: { for: 'site', title: 'aefi.nav' },
    },
    {
      path: '/region/aefi',
      name: 'region-aefi',
      component: () => import('../aefi/RegionAefiPage.vue'),
      meta: { for: 'region', title: 'aefi.nav' },
    },
    {
      path: '/region',
      name: 'manager',
      component: () => import('../reports/ManagerPage.vue'),
      meta: { for: 'region', title: 'nav.manager' },
    },
    {
      path: '/schedules',
      name: 'schedules',
      component: () => import('../schedules/SchedulesPage.vue'),
      meta: { for: 'region', title: 'nav.schedules' },
    },
    {
      path: '/accounts',
      name: 'accounts',
      component: () => import('../accounts/AccountsPage.vue'),
      meta: { title: 'accounts.manage.nav' },
    },
    {
      path: '/audit',
      name: 'audit',
      component: () => import('../audit/AuditPage.vue'),
      meta: { for: 'region', title: 'audit.nav' },
    },
    {
      path: '/settings',
      name: 'settings',
      component: () => import('./SettingsPage.vue'),
      meta: { title: 'nav.settings' },
    },
    { path: '/:rest(.*)*', redirect: '/' },
  ],
});

router.beforeEach(async (to, from) => {
  const user = useSession().user.value;
  if (to.meta.open) return true;
  if (!user) return { name: 'login', query: to.name === 'home' ? {} : { next: to.path } };
  if (to.meta.for === 'site' && !user.site) return { name: user.region ? 'manager' : 'settings' };
  if (to.meta.for === 'region' && !user.region) return { name: 'home' };
  return to.path === from.path || !hasUnsavedInput.value || mayDiscard();
});

// A child's page is drawn once, with the child: drawing it empty first costs a swipe a whole frame.
router.beforeResolve(async (to) => {
  if (to.name !== 'child' || !useSession().user.value) return;
  // What goes wrong goes wrong again when the page reads, which says it.
  await useChildren()
    .get(String(to.params.id))
    .catch(() => null);
});
