import type { z } from 'zod';
import { type CommandContext, revertContext } from '../../commands/command.ts';
import type { ChangedObject } from '../../domain/history/change-of.ts';
import { Refusal } from '../../domain/refusal.ts';
import type { Scope } from '../../projections/queries/scope.ts';
import type { ServedAnswer } from '../answers/answer.ts';
import { answerCommand, pendingOf } from '../answers/command-answers.ts';
import type { BoundCheck } from '../callers/bound-callers.ts';
import { ApplicationSchema, applicationResource } from '../resources/applications.ts';
import { ChangedCalendarSchema, calendarResource } from '../resources/closures.ts';
import { defineRoute, type Route } from '../route.ts';
import { NameVersionParams, VersionParams } from '../validate.ts';
import type { RouteDeps } from './deps.ts';
import { applicationObject, calendarObject } from './histories.ts';

type Deps = Pick<RouteDeps, 'commands'> & { readonly queries: Pick<RouteDeps['queries'], 'objectVersion'> };

/**
 * Puts a version back by the command that sets it: of all but jobs (job-history.ts) and named values (values.ts). A secret
 * has to be set again, a pause as well.
 */
export const revertRoutes = ({ commands, queries }: Deps): Route[] => [
  revertRoute(queries, {
    path: '/applications/:id',
    bound: 'application',
    operationId: 'revertApplication',
    what: 'an application the names that it had at a version',
    params: VersionParams,
    result: ApplicationSchema,
    objectOf: ({ id }) => applicationObject(id),
    revert: async (context, { id }, { name, displayName }) => {
      const done = await commands.updateApplication(context, id, { name, displayName });
      return answerCommand(done, { status: 200, body: applicationResource(done.value) });
    },
  }),
  revertRoute(queries, {
    path: '/calendars/:name',
    bound: 'closed',
    operationId: 'revertCalendar',
    what: 'a calendar the dates that it had at a version',
    params: NameVersionParams,
    result: ChangedCalendarSchema,
    objectOf: ({ name }) => calendarObject(name),
    revert: async (context, { name }, fields) => {
      const done = await commands.setCalendar(context, name, fields);
      return answerCommand(done, { status: 200, body: { ...calendarResource(done.value), ...pendingOf(done) } });
    },
  }),
];

type Fields = Readonly<Record<string, unknown>>;

type RevertRoute<P extends z.ZodType<{ version: number }>> = {
  /** Of the thing itself. */
  readonly path: string;
  readonly bound: BoundCheck;
  readonly operationId: string;
  readonly what: string;
  readonly params: P;
  readonly result: z.ZodType;
  readonly objectOf: (params: z.output<P>) => ChangedObject;
  readonly revert: (context: CommandContext, params: z.output<P>, fields: Fields) => Promise<ServedAnswer>;
};

export const revertRoute = <P extends z.ZodType<{ version: number }>>(
  queries: Deps['queries'],
  { path, bound, operationId, what, params, result, objectOf, revert }: RevertRoute<P>,
): Route =>
  defineRoute({
    method: 'post',
    path: `${path}/history/:version/revert`,
    operationId,
    summary: `Gives ${what}`,
    permission: 'scheduler:jobs:write',
    bound,
    params,
    result,
    answers: { 200: 'What it is now' },
    handle: async ({ scope, context, params: asked }) => {
      const { version } = asked;
      const own = { ...scope, tenant: context.tenant };
      const fields = await versionOf(queries, own, { object: objectOf(asked), version });
      return revert(revertContext(context, version), asked, fields);
    },
  });

type VersionRef = { readonly object: ChangedObject; readonly version: number };

/** @throws Refusal VERSION_NOT_FOUND, also for a version that deleted it */
const versionOf = async (queries: Deps['queries'], scope: Scope, { object, version }: VersionRef): Promise<Fields> => {
  const of = `${object.kind} ${object.name ?? object.id}`;
  const fields = await queries.objectVersion(scope, object, version);
  if (fields === undefined) throw new Refusal('VERSION_NOT_FOUND', `${of} has no version ${version}`);
  if (Object.keys(fields).length > 0) return fields;
  throw new Refusal('VERSION_NOT_FOUND', `version ${version} deleted ${of}: put an earlier one back, or delete it`);
};
