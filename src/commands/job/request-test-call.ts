import type { EventOf } from '../../domain/events/index.ts';
import { testCallsStream } from '../../domain/streams.ts';
import { lastEventOf } from '../../event-store/last-event.ts';
import { NO_STREAM } from '../../event-store/port.ts';
import type { CommandContext, CommandResult } from '../command.ts';
import type { CommandDeps } from '../command-deps.ts';
import { handleCommand } from '../loop/handle-command.ts';

/** Records that a definition is about to be called as a test. */
export const requestTestCall =
  (deps: CommandDeps) =>
  async (
    context: CommandContext,
    call: Omit<EventOf<'TestCallRequested'>['data'], 'tenant'>,
  ): Promise<CommandResult<undefined>> => {
    const { tenant } = context;
    const stream = testCallsStream(tenant);
    const { revision, position } = await handleCommand(deps, {
      stream,
      context,
      load: async () => {
        const last = await lastEventOf(deps.store, stream);
        return { state: undefined, revision: last?.revision ?? NO_STREAM };
      },
      decide: () => [{ type: 'TestCallRequested', data: { tenant, ...call } }],
    });
    return { value: undefined, revision, position };
  };
