import { z } from 'zod';
import type { Calendar } from '../../domain/events/index.ts';
import { CalendarSummary, CalendarView, PauseView } from '../../projections/queries/records/closures.ts';
import type { Resource } from './json.ts';

/** Schemas of calendars and pauses. */

export const CalendarSummarySchema = CalendarSummary.meta({ id: 'CalendarSummary' });
export const CalendarSchema = CalendarView.meta({ id: 'Calendar' });

/** Beside the changed resource, in the response to a change. */
const pending = {
  pendingEngines: z
    .array(z.string())
    .optional()
    .meta({ description: 'Engines that have not applied the change; absent if all have' }),
};
export const CalendarResultSchema = CalendarSchema.extend(pending).meta({ id: 'CalendarResult' });

const { operationId, of } = PauseView.shape;
export const PauseSchema = PauseView.extend({
  operationId: operationId.meta({ description: 'The bulk operation that pauses its jobs until it changes them' }),
  of: of.meta({ description: 'The application, job, target or labels that the pause applies to' }),
}).meta({ id: 'Pause' });
export const SetPauseSchema = PauseSchema.extend(pending).meta({ id: 'PauseResult' });

/** A calendar as the API shows it. */
export const calendarResource = ({ tenant: _, ...calendar }: Calendar): Resource => calendar;
