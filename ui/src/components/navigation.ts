import type { Permission } from '../api/session.ts';
import { session } from '../api/session.ts';
import type { IconName } from './icon.tsx';

export type Destination = {
  /** Address below the page's prefix. */
  readonly path: string;
  readonly title: string;
  readonly icon: IconName;
  /** Offered only to users with this permission. */
  readonly needs: Permission;
  /** Covers all applications of a tenant: not offered to users limited to some of them. */
  readonly forAll?: boolean;
};

/** Destinations of the navigation and the palette, in this order. */
const DESTINATIONS: readonly Destination[] = [
  { path: '/', title: 'Overview', icon: 'overview', needs: 'scheduler:jobs:read' },
  { path: '/jobs', title: 'Jobs', icon: 'jobs', needs: 'scheduler:jobs:read' },
  { path: '/executions', title: 'Executions', icon: 'executions', needs: 'scheduler:executions:read' },
  { path: '/timeline', title: 'Timeline', icon: 'timeline', needs: 'scheduler:executions:read' },
  { path: '/applications', title: 'Applications', icon: 'applications', needs: 'scheduler:jobs:read' },
  { path: '/calendars', title: 'Calendars', icon: 'calendar', needs: 'scheduler:jobs:read', forAll: true },
  { path: '/pauses', title: 'Pauses', icon: 'pause', needs: 'scheduler:jobs:read', forAll: true },
  { path: '/queues', title: 'Queues', icon: 'engine', needs: 'scheduler:jobs:read' },
  { path: '/alerts', title: 'Alerts', icon: 'warning', needs: 'scheduler:jobs:read' },
  { path: '/operations', title: 'Operations', icon: 'operations', needs: 'scheduler:jobs:read' },
  { path: '/report', title: 'Report', icon: 'report', needs: 'scheduler:executions:read' },
  { path: '/audit', title: 'Audit', icon: 'audit', needs: 'scheduler:audit:read' },
  { path: '/tokens', title: 'API tokens', icon: 'user', needs: 'scheduler:tenant:admin', forAll: true },
  { path: '/projections', title: 'Projections', icon: 'projections', needs: 'scheduler:admin' },
];

const isOpen = ({ needs, forAll }: Destination): boolean =>
  session.may(needs) && !(forAll === true && session.current.value?.applications !== undefined);

/** Destinations that the user can open. */
export const destinations = (): readonly Destination[] => DESTINATIONS.filter(isOpen);

/** The destination of an address, if the user can't open it. */
export const closedAt = (path: string): Destination | undefined => {
  const first = `/${path.split('/')[1] ?? ''}`;
  return DESTINATIONS.find((each) => each.path === first && !isOpen(each));
};
