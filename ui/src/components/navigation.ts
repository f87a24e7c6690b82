import type { Permission } from '../api/session.ts';
import { session } from '../api/session.ts';
import type { IconName } from './icon.tsx';

export type Destination = {
  /** The address, below the page's own prefix. */
  readonly path: string;
  readonly title: string;
  readonly icon: IconName;
  /** It is offered only to callers with this permission. */
  readonly needs: Permission;
  /** It is about all applications of a tenant: refused to who is bound to some of them. */
  readonly forAll?: boolean;
};

/** What the navigation and the palette offer, in this order. */
const DESTINATIONS: readonly Destination[] = [
  { path: '/', title: 'Overview', icon: 'overview', needs: 'scheduler:jobs:read' },
  { path: '/jobs', title: 'Jobs', icon: 'jobs', needs: 'scheduler:jobs:read' },
  { path: '/executions', title: 'Executions', icon: 'executions', needs: 'scheduler:executions:read' },
  { path: '/applications', title: 'Applications', icon: 'applications', needs: 'scheduler:jobs:read' },
  { path: '/calendars', title: 'Calendars', icon: 'calendar', needs: 'scheduler:jobs:read', forAll: true },
  { path: '/pauses', title: 'Pauses', icon: 'pause', needs: 'scheduler:jobs:read', forAll: true },
  { path: '/alerts', title: 'Alerts', icon: 'warning', needs: 'scheduler:jobs:read' },
  { path: '/operations', title: 'Operations', icon: 'operations', needs: 'scheduler:jobs:read' },
  { path: '/audit', title: 'Audit', icon: 'audit', needs: 'scheduler:audit:read' },
  { path: '/tokens', title: 'API tokens', icon: 'user', needs: 'scheduler:tenant:admin', forAll: true },
  { path: '/projections', title: 'Projections', icon: 'projections', needs: 'scheduler:admin' },
];

const isOpen = ({ needs, forAll }: Destination): boolean =>
  session.may(needs) && !(forAll === true && session.current.value?.applications !== undefined);

/** Those that the user may see. */
export const destinations = (): readonly Destination[] => DESTINATIONS.filter(isOpen);

/** The one that an address belongs to, where the user may not see it. */
export const closedAt = (path: string): Destination | undefined => {
  const first = `/${path.split('/')[1] ?? ''}`;
  return DESTINATIONS.find((each) => each.path === first && !isOpen(each));
};
