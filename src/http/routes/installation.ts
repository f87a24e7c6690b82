import { z } from 'zod';
import { SetAllowedTargets } from '../../commands/installation.ts';
import { ALLOWED_TARGETS, loadDocument } from '../../commands/loop/documents.ts';
import type { AllowedTargets } from '../../domain/events/index.ts';
import { ALLOWED_TARGETS_OBJECT } from '../../domain/history/change-of.ts';
import { EVERY_TENANT } from '../../domain/values.ts';
import { BuildStarted, ProjectionView, RebuildPlan } from '../../projections/queries/projection-views.ts';
import type { ApiContext } from '../context.ts';
import { AllowedTargetsSchema, EngineReleaseSchema, ErasedKeySchema, RotatedKeysSchema } from '../resources/common.ts';
import { respondToCommand } from '../responses/command-responses.ts';
import { etagOf } from '../responses/response.ts';
import { defineRoute, PREFIX, type Route } from '../route.ts';
import { historyRoute } from './histories.ts';
import { ADMINISTRATORS, noContent } from './shapes.ts';

export const engineRoutes = ({ commands }: ApiContext): Route[] => [
  defineRoute({
    method: 'post',
    path: '/engine/release',
    operationId: 'releaseEngines',
    summary: 'Releases engines that wait: on a restored or copied log, or with ENGINE_START=paused',
    ...ADMINISTRATORS,
    action: 'release engines',
    result: EngineReleaseSchema,
    responses: { 200: 'The log that engines can now claim on' },
    handle: async ({ context }) => {
      const done = await commands.releaseEngines(context);
      return respondToCommand(done, { status: 200, body: done.value });
    },
  }),
];

const resourceOf = (set: AllowedTargets | undefined, settings: readonly string[]) =>
  set === undefined
    ? { targets: settings, default: settings }
    : { targets: set.targets, default: settings, updatedAt: set.updatedAt, updatedBy: set.updatedBy };

export const allowedTargetsRoutes = ({ commands, queries, store, defaultTargets }: ApiContext): Route[] => [
  defineRoute({
    method: 'get',
    path: '/allowed-targets',
    operationId: 'getAllowedTargets',
    summary: 'Shows which internal targets jobs of the installation can call',
    ...ADMINISTRATORS,
    readsNoList: true,
    result: AllowedTargetsSchema,
    responses: { 200: 'The list that applies, and the setting' },
    handle: async () => {
      const { state, revision } = await loadDocument(store, ALLOWED_TARGETS);
      return { status: 200, headers: { ETag: etagOf(revision) }, body: resourceOf(state, defaultTargets) };
    },
  }),
  defineRoute({
    method: 'put',
    path: '/allowed-targets',
    operationId: 'setAllowedTargets',
    summary: 'Sets which internal targets jobs of the installation can call, in place of ALLOWED_TARGETS',
    ...ADMINISTRATORS,
    accepts: SetAllowedTargets,
    conditional: true,
    result: AllowedTargetsSchema,
    responses: { 200: 'The list after the change. All processes apply it within a second' },
    handle: async ({ context, body, precondition }) => {
      const done = await commands.setAllowedTargets(context, body, precondition);
      const headers = { ETag: etagOf(done.revision) };
      return respondToCommand(done, { status: 200, headers, body: resourceOf(done.value, defaultTargets) });
    },
  }),
  defineRoute({
    method: 'delete',
    path: '/allowed-targets',
    operationId: 'resetAllowedTargets',
    summary: 'Deletes the list of internal targets: ALLOWED_TARGETS applies again',
    ...ADMINISTRATORS,
    responses: { 204: 'The setting applies' },
    handle: async ({ context }) => noContent(await commands.resetAllowedTargets(context)),
  }),
  historyRoute(queries, {
    path: '/allowed-targets',
    ...ADMINISTRATORS,
    operationId: 'getAllowedTargetsHistory',
    what: 'the allowed targets',
    objectOf: () => ALLOWED_TARGETS_OBJECT,
    scopeOf: ({ scope }) => ({ ...scope, tenant: EVERY_TENANT }),
  }),
];

const WHAT_IS_LEFT =
  'Values that this key sealed cannot be opened again. Other processes drop the key within a minute. ' +
  'With EventStoreDB, the erasure is complete only after a scavenge of every node. Backups keep the key.';

/** Routes that wrap data keys with the ring's current key, and that erase one. */
export const dataKeyRoutes = ({ commands }: ApiContext): Route[] => [
  defineRoute({
    method: 'post',
    path: '/secrets/rotate',
    operationId: 'rotateSecrets',
    summary: 'Encrypts the data keys of all applications with the current key of SECRET_KEYS',
    ...ADMINISTRATORS,
    takesLong: true,
    action: 'rotate secrets',
    result: RotatedKeysSchema,
    responses: { 200: 'Number of keys that were encrypted again, were current, or failed' },
    handle: async () => ({ status: 200, body: await commands.rotateSecrets() }),
  }),
  defineRoute({
    method: 'post',
    path: '/applications/:id/secrets/erase',
    operationId: 'eraseApplicationSecrets',
    summary: "Permanently deletes an application's data key: all values that it sealed are lost",
    permission: 'scheduler:admin',
    bound: 'application',
    action: 'erase secrets',
    result: ErasedKeySchema,
    responses: { 200: 'The generation of the deleted key; absent if there was none' },
    handle: async ({ context, params: { id } }) => {
      const done = await commands.eraseSecrets(context, id);
      const note = done.value.generation === undefined ? 'Nothing was sealed here.' : WHAT_IS_LEFT;
      return respondToCommand(done, { status: 200, body: { ...done.value, note } });
    },
  }),
];

const NamedProjection = z.strictObject({ name: z.string().min(1).max(100) });
const RebuildBody = z
  .strictObject({
    /** Compare it with the live one row by row before the switchover. */
    verify: z.boolean().optional(),
    dryRun: z.boolean().optional(),
  })
  .optional();

/** The list of projections shows the progress of what is being built. */
const BEGUN = { status: 202, headers: { Location: `${PREFIX}/projections` } };

export const projectionRoutes = ({ projections }: ApiContext): Route[] => [
  defineRoute({
    method: 'get',
    path: '/projections',
    operationId: 'listProjections',
    summary: 'Lists the read models, with the progress of each',
    ...ADMINISTRATORS,
    readsNoList: true,
    result: z.array(ProjectionView.meta({ id: 'Projection' })),
    responses: { 200: 'Each read model with its generations' },
    handle: async () => ({ status: 200, body: await projections.list() }),
  }),
  defineRoute({
    method: 'post',
    path: '/projections/:name/rebuild',
    operationId: 'rebuildProjection',
    summary: 'Rebuilds a read model (or all) from the log, while the current one serves queries',
    ...ADMINISTRATORS,
    params: NamedProjection,
    body: RebuildBody,
    action: 'rebuild',
    result: z.union([z.array(BuildStarted), z.array(RebuildPlan)]),
    responses: {
      200: 'What a rebuild would do, with `dryRun`',
      202: 'The generations that are being built',
    },
    handle: async ({ params: { name }, body: { verify = false, dryRun = false } = {} }) =>
      dryRun
        ? { status: 200, body: await projections.plan(name) }
        : { ...BEGUN, body: await projections.build(name, { purpose: 'rebuild', compares: verify }) },
  }),
  defineRoute({
    method: 'post',
    path: '/projections/:name/verify',
    operationId: 'verifyProjection',
    summary: 'Compares a read model (or all), row by row, with one rebuilt from the log',
    ...ADMINISTRATORS,
    params: NamedProjection,
    action: 'verify',
    result: z.array(BuildStarted),
    responses: { 202: 'The generations that are being built for the comparison' },
    handle: async ({ params: { name } }) => ({
      ...BEGUN,
      body: await projections.build(name, { purpose: 'verify', compares: true }),
    }),
  }),
];
