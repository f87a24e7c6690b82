import { compileSchedule, type ScheduleText, slots } from '../../../../src/domain/schedule/index.ts';

/** The first slots after an instant, as instants without their `:00.000Z` tail where that is all there is. */
export const slotsAfter = (text: ScheduleText, after: string, most = 4): string[] =>
  slots(compileSchedule(text), Date.parse(after))
    .take(most)
    .map((slotMs) => new Date(slotMs).toISOString().replace(/:00\.000Z$/, ''))
    .toArray();
