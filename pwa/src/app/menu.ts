/** The main menu (主菜单): which pages an account sees, in the order in which a day meets them. */
import {
  Avatar,
  Bell,
  Box,
  Calendar,
  CopyDocument,
  DataAnalysis,
  Document,
  FirstAidKit,
  House,
  Memo,
  Money,
  Notebook,
  Plus,
  Reading,
  School,
  Setting,
  Switch,
  Tickets,
  Timer,
  Upload,
  User,
  Warning,
} from '@element-plus/icons-vue';
import type { Component } from 'vue';

/** Who is asked for, and what of the clinic's settings bears on the menu. */
export interface Viewer {
  atClinic: boolean;
  inRegion: boolean;
  isSenior: boolean;
  isAdmin: boolean;
  /** The clinic takes money. */
  paying: boolean;
}

export interface MenuItem {
  /** The route. */
  name: string;
  key: string;
  icon: Component;
  /** Key of the catalogue. */
  label: string;
}

type Offered = MenuItem & { for: (viewer: Viewer) => boolean };

const clinic = ({ atClinic }: Viewer) => atClinic;
const region = ({ inRegion }: Viewer) => inRegion;
const all = () => true;

const GROUPS: readonly (readonly Offered[])[] = [
  // The visit, desk by desk.
  [
    { name: 'home', key: 'alt+h', icon: House, label: 'nav.home', for: clinic },
    { name: 'register', key: 'F4', icon: Plus, label: 'nav.register', for: clinic },
    { name: 'payment', key: 'alt+p', icon: Money, label: 'payment.nav', for: (one) => one.paying },
    { name: 'observation', key: 'alt+o', icon: Timer, label: 'observation.nav', for: clinic },
    { name: 'manager', key: 'alt+h', icon: DataAnalysis, label: 'nav.manager', for: region },
    { name: 'region-aefi', key: 'alt+a', icon: Warning, label: 'aefi.nav', for: region },
  ],
  // Who is to come.
  [
    { name: 'appointments', key: 'alt+b', icon: Notebook, label: 'booking.nav', for: clinic },
    { name: 'recall', key: 'alt+r', icon: Bell, label: 'recall.nav', for: clinic },
    { name: 'clinic-days', key: 'alt+g', icon: Calendar, label: 'clinicDays.nav', for: clinic },
  ],
  // Records of other kinds.
  [
    { name: 'newborns', key: 'alt+n', icon: FirstAidKit, label: 'newborns.title', for: clinic },
    { name: 'adults', key: 'alt+u', icon: Avatar, label: 'adults.title', for: clinic },
    { name: 'schools', key: 'alt+s', icon: School, label: 'schools.title', for: clinic },
    { name: 'moves', key: 'F6', icon: Switch, label: 'nav.moves', for: clinic },
    { name: 'duplicates', key: 'alt+m', icon: CopyDocument, label: 'nav.duplicates', for: all },
    { name: 'papercards', key: 'alt+k', icon: Memo, label: 'papercards.nav', for: clinic },
    {
      name: 'imports',
      key: 'alt+i',
      icon: Upload,
      label: 'imports.nav',
      for: (one) => one.atClinic && one.isSenior,
    },
  ],
  // What is accounted for.
  [
    { name: 'stock', key: 'F7', icon: Box, label: 'nav.stock', for: clinic },
    { name: 'daysheets', key: 'alt+d', icon: Tickets, label: 'daysheets.nav', for: clinic },
    { name: 'aefi', key: 'alt+a', icon: Warning, label: 'aefi.nav', for: clinic },
    { name: 'schedules', key: 'F6', icon: Calendar, label: 'nav.schedules', for: region },
    {
      name: 'accounts',
      key: 'F3',
      icon: User,
      label: 'accounts.manage.nav',
      for: (one) => one.isAdmin,
    },
    {
      name: 'audit',
      key: 'F8',
      icon: Document,
      label: 'audit.nav',
      for: (one) => one.inRegion && one.isAdmin,
    },
  ],
  [
    { name: 'knowledge', key: 'alt+w', icon: Reading, label: 'knowledge.nav', for: all },
    { name: 'settings', key: 'F10', icon: Setting, label: 'nav.settings', for: all },
  ],
];

/** What an account is offered, by groups; none is empty, and no key opens two pages. */
export function menuOf(viewer: Viewer): MenuItem[][] {
  return GROUPS.map((group) => group.filter((item) => item.for(viewer))).filter(
    ({ length }) => length > 0,
  );
}
