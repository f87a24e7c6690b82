import type { Operation } from '../../domain/events/index.ts';
import type { CommandContext } from '../command.ts';

/** What an operation changes is recorded as made by the one who asked for it, for the same reason. */
export const contextOfOperation = ({ tenant, createdBy, correlationId, reason }: Operation): CommandContext => ({
  tenant,
  actor: createdBy,
  correlationId,
  ...(reason === undefined ? {} : { reason }),
});
