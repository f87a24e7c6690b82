import { type EndedSessions, type EventOf, isSessionEvent } from '../domain/events/index.ts';
import { decideEndSession, decideEndSessions, type SessionOwner, type SessionSpan } from '../domain/session.ts';
import { sessionsStream } from '../domain/streams.ts';
import type { CommandContext, CommandResult } from './command.ts';
import { ownAppend } from './command.ts';
import type { CommandDeps } from './command-deps.ts';
import { handleCommand } from './loop/handle-command.ts';
import { loadEndedSessions } from './loop/load.ts';

/** Ends the caller's session, including all copies of its cookie. */
export const endSession =
  (deps: CommandDeps) => (context: CommandContext, callerId: string | number, session: SessionSpan) =>
    change(deps, context, callerId, (owner, ended, nowMs) => decideEndSession({ ...owner, ...session }, ended, nowMs));

/** Ends all current sessions of a user, by the user's `sub`. */
export const endSessions = (deps: CommandDeps) => (context: CommandContext, sub: string) =>
  change(deps, context, sub, (owner, _ended, nowMs) => decideEndSessions(owner, nowMs));

const change = async (
  deps: CommandDeps,
  context: CommandContext,
  callerId: SessionOwner['callerId'],
  decide: (
    owner: SessionOwner,
    ended: EndedSessions | undefined,
    nowMs: number,
  ) => EventOf<'SessionEnded' | 'SessionsEnded'>[],
): Promise<CommandResult<undefined>> => {
  const owner = { tenant: context.tenant, callerId };
  const { revision, position } = await handleCommand(deps, {
    stream: sessionsStream(owner),
    context,
    load: () => loadEndedSessions(deps.store, owner),
    decide: (ended) => decide(owner, ended, deps.world.clock.now()),
    own: ownAppend(context, isSessionEvent),
  });
  return { value: undefined, revision, position };
};
