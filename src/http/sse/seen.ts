import { PUBLISHED_TYPES, type PublishedType } from '../../feed/index.ts';
import { type Caller, may, type Permission } from '../authorize.ts';

const OF_RUNS = /^scheduler[.]job[.](execution|occurrences)[.]/;

/** All that is no run of a job tells of its definition. */
export const permissionToSee = (type: PublishedType): Permission =>
  OF_RUNS.test(type) ? 'scheduler:executions:read' : 'scheduler:jobs:read';

/** The events that a caller may see. */
export const typesSeenBy = (caller: Caller): ReadonlySet<PublishedType> =>
  new Set(PUBLISHED_TYPES.filter((type) => may(caller, permissionToSee(type))));
