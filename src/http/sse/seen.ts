import type { Permission } from '../../domain/permissions.ts';
import { PUBLISHED_TYPES, type PublishedType } from '../../feed/index.ts';
import { type Caller, may } from '../authorize.ts';

const OF_RUNS = /^scheduler[.]job[.](execution|occurrences)[.]/;

/** The permission to see a type: of executions and occurrences, or else of definitions. */
export const permissionToSee = (type: PublishedType): Permission =>
  OF_RUNS.test(type) ? 'scheduler:executions:read' : 'scheduler:jobs:read';

/** The types of events that a caller may see. */
export const typesSeenBy = (caller: Caller): ReadonlySet<PublishedType> =>
  new Set(PUBLISHED_TYPES.filter((type) => may(caller, permissionToSee(type))));
