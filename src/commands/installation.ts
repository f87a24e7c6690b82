import { z } from 'zod';
import { type AllowedTargets, isHomeEvent, type LogHome } from '../domain/events/index.ts';
import { decideRelease, decideStart, judgeStart, type StartMode, type StartVerdict } from '../domain/home.ts';
import { decideEndSession, decideEndSessions, type SessionOwner, type SessionSpan } from '../domain/session.ts';
import { homeStream } from '../domain/streams.ts';
import { decideResetAllowedTargets, decideSetAllowedTargets } from '../domain/targets/policy.ts';
import { type CommandContext, type CommandResult, checkRevision, ownAppend, type Precondition } from './command.ts';
import type { CommandDeps } from './command-deps.ts';
import { ALLOWED_TARGETS, changeDocument, ENDED_SESSIONS, setDocument } from './loop/documents.ts';
import { handleCommand } from './loop/handle-command.ts';
import { loadHomeHistory } from './loop/load.ts';
import { parseInput, serverSet } from './parse.ts';

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

export const SetAllowedTargets = z.strictObject({
  ...serverSet('default', 'updatedAt', 'updatedBy'),
  targets: z.array(z.string().trim().min(1).max(300)).max(MAX_TARGETS),
});

/**
 * Sets which internal targets jobs can call, in place of the setting `ALLOWED_TARGETS`.
 * @throws DomainError BAD_INPUT, STALE_REVISION
 */
export const setAllowedTargets =
  (deps: CommandDeps) =>
  async (
    context: CommandContext,
    input: unknown,
    precondition: Precondition,
  ): Promise<CommandResult<AllowedTargets>> => {
    const { targets } = parseInput(SetAllowedTargets, input);
    return setDocument(deps, ALLOWED_TARGETS, {
      key: [],
      context,
      decide: (existing, nowMs, revision) => {
        checkRevision(precondition, revision, 'the list');
        return decideSetAllowedTargets({ ...context, targets }, existing, nowMs);
      },
    });
  };

/** Lets the setting `ALLOWED_TARGETS` apply again. */
export const resetAllowedTargets =
  (deps: CommandDeps) =>
  (context: CommandContext): Promise<CommandResult<unknown>> =>
    changeDocument(deps, ALLOWED_TARGETS, {
      key: [],
      context,
      decide: (existing, nowMs) => decideResetAllowedTargets(context, existing, nowMs),
    });

/** Ends the caller's session, including all copies of its cookie. */
export const endSession =
  (deps: CommandDeps) =>
  (
    context: CommandContext,
    callerId: SessionOwner['callerId'],
    session: SessionSpan,
  ): Promise<CommandResult<unknown>> => {
    const owner = { tenant: context.tenant, callerId };
    return changeDocument(deps, ENDED_SESSIONS, {
      key: [owner],
      context,
      decide: (ended, nowMs) => decideEndSession({ ...owner, ...session }, ended, nowMs),
    });
  };

/** Ends all current sessions of a user, by the user's `sub`. */
export const endSessions =
  (deps: CommandDeps) =>
  (context: CommandContext, sub: string): Promise<CommandResult<unknown>> => {
    const owner = { tenant: context.tenant, callerId: sub };
    return changeDocument(deps, ENDED_SESSIONS, {
      key: [owner],
      context,
      decide: (_, nowMs) => decideEndSessions(owner, nowMs),
    });
  };
