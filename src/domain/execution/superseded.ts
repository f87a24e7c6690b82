import type { RangeReason } from '../events/index.ts';

/** Why a claim was not called after all. The message is kept with the execution, and says why its slot was skipped. */
export const SUPERSEDED = {
  edited: { reason: 'EDITED', message: 'the job was edited before this slot was called' },
  editedByNewer: {
    reason: 'EDITED',
    message: 'the job was edited by a newer release of the scheduler, in a way that this one does not know',
  },
  disabled: { reason: 'DISABLED', message: 'the job was disabled before this slot was called' },
  deleted: { reason: 'DELETED', message: 'the job was deleted before this slot was called' },
  paused: { reason: 'PAUSED', message: 'the job was paused before this slot was called' },
  leftOut: { reason: 'CALENDAR', message: 'a calendar was changed before this slot was called, and leaves it out' },
  parked: {
    reason: 'PARKED',
    message:
      'an event of the job or of its application can not be read: nobody knows whether this is still to be called',
  },
} as const satisfies Record<string, { readonly reason: RangeReason; readonly message: string }>;

export type SupersededBy = keyof typeof SUPERSEDED;
