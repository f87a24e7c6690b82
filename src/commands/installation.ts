import { z } from 'zod';
import {
  type AllowedTargets,
  type EndedSessions,
  type EventOf,
  isAllowedTargetsEvent,
  isHomeEvent,
  isSessionEvent,
  type LogHome,
} from '../domain/events/index.ts';
import { decideRelease, decideStart, judgeStart, type StartMode, type StartVerdict } from '../domain/home.ts';
import { decideEndSession, decideEndSessions, type SessionOwner, type SessionSpan } from '../domain/session.ts';
import { allowedTargetsStream, homeStream, sessionsStream } from '../domain/streams.ts';
import { decideResetAllowedTargets, decideSetAllowedTargets } from '../domain/targets/policy.ts';
import { type CommandContext, type CommandResult, ownAppend } from './command.ts';
import type { CommandDeps } from './command-deps.ts';
import { handleCommand } from './loop/handle-command.ts';
import { loadAllowedTargets, loadEndedSessions, loadHomeHistory } from './loop/load.ts';
import { parseInput } from './parse.ts';

/** Records where the log is stored, if the starting engine can claim there. */
export const startEngine =
  ({ home, ...deps }: CommandDeps) =>
  async (context: CommandContext, mode: StartMode): Promise<CommandResult<StartVerdict>> => {
    const { state, revision, position } = await handleCommand(deps, {
      stream: homeStream,
      context,
      load: () => loadHomeHistory(deps.store),
      decide: (history) => decideStart({ mode, home }, history),
    });
    return { value: judgeStart({ mode, home }, state), revision, position };
  };

/** Lets all engines claim on this log in its current location. */
export const releaseEngines =
  ({ home, ...deps }: CommandDeps) =>
  async (context: CommandContext): Promise<CommandResult<LogHome>> => {
    const { revision, position } = await handleCommand(deps, {
      stream: homeStream,
      context,
      load: () => loadHomeHistory(deps.store),
      decide: (history) => decideRelease(home, history),
      own: ownAppend(context, isHomeEvent),
    });
    return { value: home, revision, position };
  };

const MAX_TARGETS = 1_000;

/** Fields set by the server are ignored, so that callers can PUT the result of a GET. */
export const SetAllowedTargets = z.strictObject({
  ...z.strictObject({ default: z.unknown(), updatedAt: z.unknown(), updatedBy: z.unknown() }).partial().shape,
  targets: z.array(z.string().trim().min(1).max(300)).max(MAX_TARGETS),
});

/** Sets which internal targets jobs can call, in place of the setting `ALLOWED_TARGETS`. */
export const setAllowedTargets =
  (deps: CommandDeps) =>
  async (context: CommandContext, input: unknown): Promise<CommandResult<AllowedTargets>> => {
    const { targets } = parseInput(SetAllowedTargets, input);
    const { state, events, revision, position } = await handleCommand(deps, {
      stream: allowedTargetsStream,
      context,
      load: () => loadAllowedTargets(deps.store),
      decide: (existing) => decideSetAllowedTargets({ ...context, targets }, existing, deps.world.clock.now()),
      own: ownAppend(context, isAllowedTargetsEvent),
    });
    const set = events[0]?.data ?? state;
    if (set === undefined) throw new Error('the allowed targets were not set');
    return { value: set, revision, position };
  };

/** Lets the setting `ALLOWED_TARGETS` apply again. */
export const resetAllowedTargets =
  (deps: CommandDeps) =>
  async (context: CommandContext): Promise<CommandResult<undefined>> => {
    const { revision, position } = await handleCommand(deps, {
      stream: allowedTargetsStream,
      context,
      load: () => loadAllowedTargets(deps.store),
      decide: (existing) => decideResetAllowedTargets(context, existing, deps.world.clock.now()),
      own: ownAppend(context, isAllowedTargetsEvent),
    });
    return { value: undefined, revision, position };
  };

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
