import type { CalendarVersion } from '../../domain/closure/calendars.ts';
import { type FieldError, rejectField, rejectFields } from '../../domain/domain-error.ts';
import { type Application, isCalendarEvent, type RuleFields } from '../../domain/events/index.ts';
import { findNamed } from '../../domain/named-values/lists.ts';
import { calendarStream } from '../../domain/streams.ts';
import type { Tenant } from '../../domain/values.ts';
import { StreamParked } from '../../event-store/errors.ts';
import type { EventStore } from '../../event-store/port.ts';

type NamesOwner = {
  readonly tenant: Tenant;
  /** `undefined` if the application does not exist yet. */
  readonly application: Application | undefined;
};

/** The names that a definition uses; null, which clears a field in a change, counts as none. */
type NamingFields = {
  readonly calendar?: RuleFields['calendar'] | null;
  readonly limit?: string | null | undefined;
};

/**
 * Checks that the calendars and the limit of a definition exist.
 * @returns the calendars as they are now
 * @throws DomainError UNKNOWN_CALENDAR, UNKNOWN_LIMIT
 */
export const checkNames = async (
  store: EventStore,
  { tenant, application }: NamesOwner,
  { calendar, limit }: NamingFields,
): Promise<readonly CalendarVersion[]> => {
  if (limit && findNamed(application?.limits, limit) === undefined) {
    throw rejectField('UNKNOWN_LIMIT', '/limit', `the application has no limit ${limit}`);
  }
  const named = (['exclude', 'include'] as const).flatMap((list) =>
    (calendar?.[list] ?? []).map((name, index) => ({ name, pointer: `/calendar/${list}/${index}` })),
  );
  if (named.length === 0) return [];
  const last = await store.readLast(named.map(({ name }) => calendarStream(tenant, name)));
  const found: CalendarVersion[] = [];
  const unknown: FieldError[] = [];
  for (const [index, { name, pointer }] of named.entries()) {
    const event = last[index];
    if (event instanceof StreamParked) throw event;
    const isThere = event !== undefined && isCalendarEvent(event) && event.type === 'CalendarSet';
    if (isThere) found.push({ ...event.data, revision: event.revision, deleted: false });
    else unknown.push({ pointer, message: `there is no calendar ${name}` });
  }
  if (unknown.length > 0) throw rejectFields('UNKNOWN_CALENDAR', unknown);
  return found;
};
