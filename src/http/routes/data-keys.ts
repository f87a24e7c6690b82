import { answerCommand } from '../command-answers.ts';
import { ErasedKeySchema, RotatedKeysSchema } from '../resources/server.ts';
import { defineRoute, type Route } from '../route.ts';
import { IdParams } from '../validate.ts';
import type { RouteDeps } from './deps.ts';

const WHAT_IS_LEFT =
  'What was sealed with this key can not be opened again; other processes give the key up within a minute. ' +
  'With EventStoreDB the erasing is complete only after a scavenge of every node, and in backups it never is.';

/** Routes that wrap data keys by the ring's current key, and that erase one. */
export const dataKeyRoutes = ({ commands }: Pick<RouteDeps, 'commands'>): Route[] => [
  defineRoute({
    method: 'post',
    path: '/secrets/rotate',
    operationId: 'rotateSecrets',
    summary: "Wraps the data keys of all applications by the ring's current key",
    permission: 'scheduler:admin',
    bound: 'closed',
    takesLong: true,
    action: 'rotate secrets',
    result: RotatedKeysSchema,
    answers: { 200: 'How many keys were wrapped anew, were so already, and could not be' },
    handle: async () => ({ status: 200, body: await commands.rotateSecrets() }),
  }),
  defineRoute({
    method: 'post',
    path: '/applications/:id/secrets/erase',
    operationId: 'eraseApplicationSecrets',
    summary: "Deletes an application's data key, for good: all that was sealed with it is lost",
    permission: 'scheduler:admin',
    bound: 'application',
    params: IdParams,
    action: 'erase secrets',
    result: ErasedKeySchema,
    answers: { 200: 'Which generation of the key was deleted; none where there was none' },
    handle: async ({ context, params: { id } }) => {
      const done = await commands.eraseSecrets(context, id);
      const note = done.value.generation === undefined ? 'Nothing was sealed here.' : WHAT_IS_LEFT;
      return answerCommand(done, { status: 200, body: { ...done.value, note } });
    },
  }),
];
