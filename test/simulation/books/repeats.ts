import { APPLICATION_WENT } from '../../../src/commands/application/delete-application.ts';
import { correlationOf } from '../callers.ts';
import type { Run } from '../simulate.ts';

/** A command that was asked for twice under one key is done once, and both times answered alike. */
export const checkRepeats = ({ plan, events, acknowledged }: Run): string[] =>
  plan.commands
    .filter(({ again }) => again !== undefined)
    .flatMap((command) => {
      const key = correlationOf(command);
      const isDone = command.ask.kind === 'bulk' ? BULK : CHANGE;
      const done = events.filter(
        ({ type, metadata: { correlationId, reason } }) =>
          correlationId === key && isDone.test(type) && reason !== APPLICATION_WENT,
      );
      const responses = acknowledged.filter((each) => correlationOf(each.command) === key);
      const told = new Set(
        responses.map(({ command: _, atMs: __, commonMs: ___, position: ____, ...told }) => JSON.stringify(told)),
      );
      return [
        ...(done.length > 1 ? [`${key} was done ${done.length} times`] : []),
        ...(told.size > 1 ? [`${key} was answered in ${told.size} ways: ${[...told].join(', ')}`] : []),
      ];
    });

const CHANGE =
  /^(Job(Created|Updated|Enabled|Disabled|Deleted)|SecretSet|SecretsErased|BackfillRequested|ExecutionRequested)$/;
/** What a bulk changes is of its correlation id too. */
const BULK = /^OperationRequested$/;
