import { SLOT_REASONS } from '../../../src/domain/codes/reasons.ts';

const REASONS: Readonly<Record<string, { readonly meaning: string }>> = SLOT_REASONS;

/** Why a slot was not called or was late, in a sentence. */
export const formatReason = (reason: string | undefined): string =>
  reason === undefined ? '' : (REASONS[reason]?.meaning.replaceAll('`', '') ?? reason);

/** The same, with the calendars that exclude a slot if they are known. */
export const formatClosure = (reason: string | undefined, calendars: readonly string[] = []): string =>
  reason !== 'CALENDAR' || calendars.length === 0
    ? formatReason(reason)
    : `Excluded by the ${calendars.length === 1 ? 'calendar' : 'calendars'} ${calendars.join(', ')}.`;
